import ArgumentParser
import GalvaSim

/// Which scenario, with which changes.
struct ScenarioOptions: ParsableArguments {
  @Argument(help: "Scenario file (YAML or JSON).", completion: .file(extensions: ["yaml", "yml", "json"]))
  var scenario: String

  @Option(name: .customLong("set"), help: ArgumentHelp("Override a scenario key; repeatable.", valueName: "path=value"))
  var overrides: [String] = []

  /// The scenario, read and checked.
  func load() throws -> Scenario { try ScenarioFile.load(path: scenario, overrides: overrides) }
}

extension ExecutorChoice: ExpressibleByArgument {}

extension NetworkChoice: ExpressibleByArgument {}
