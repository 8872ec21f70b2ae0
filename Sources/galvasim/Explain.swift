import ArgumentParser
import GalvaSim

struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say where every part of the time and of the peak memory comes from, and what bounds the step.")

  @OptionGroup var input: ScenarioOptions
  @OptionGroup var costs: CostOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try CommandFailure.wrapping {
      let run = try ScenarioRun(try input.load(with: costs.keys))
      guard let explanation = Explanation(run) else { return }
      if output.json { output.print(explanation.document) } else { StandardOutput.write(explanation.text) }
    }
  }
}
