import ArgumentParser
import Foundation
import GalvaSim

/// Which scenario, with which changes.
struct ScenarioOptions: ParsableArguments {
  @Argument(help: "Scenario file (YAML or JSON).", completion: .file(extensions: ["yaml", "yml", "json"]))
  var scenario: String

  @Option(name: .customLong("set"), help: ArgumentHelp("Override a scenario key; repeatable.", valueName: "path=value"))
  var overrides: [String] = []

  /// The scenario, read and checked; further keys are set after those of the command line.
  func load(with further: [String] = [], purpose: ScenarioPurpose = .simulation) throws -> Scenario {
    try ScenarioFile.load(path: scenario, overrides: overrides + further, purpose: purpose)
  }
}

/// What prices kernels.
struct CostOptions: ParsableArguments {
  @Option(help: "What prices kernels: the device's kernel table, its roofline, or the table where there is one.")
  var costModel: CostModelChoice?

  @Option(help: ArgumentHelp("A kernel table of the device instead of the catalogue's.", valueName: "file.csv|file.h5"))
  var kernelTable: String?

  /// The options as keys of the scenario; a path starts from the current folder.
  var keys: [String] {
    let model = costModel.map { ["costs.model=\($0.rawValue)"] } ?? []
    let table = kernelTable.map { ["costs.table=" + JSONValue.text(URL(fileURLWithPath: $0).path).compactText] } ?? []
    return model + table
  }

  /// The options that repeat the choice of costs.
  var flags: [String] {
    (costModel.map { ["--cost-model \($0.rawValue)"] } ?? []) + (kernelTable.map { ["--kernel-table \($0)"] } ?? [])
  }
}

extension CostModelChoice: ExpressibleByArgument {}

extension ExecutorChoice: ExpressibleByArgument {}

extension NetworkChoice: ExpressibleByArgument {}
