import ArgumentParser
import GalvaSim

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say whether a plan fits, how much room each stage has, and what would make it fit.",
    discussion: "Exit status: 0 fits, 10 does not fit.")

  @OptionGroup var input: ScenarioOptions
  @OptionGroup var costs: CostOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try CommandFailure.wrapping {
      let run = try ScenarioRun(try input.load(with: costs.keys))
      if output.json { output.print(run.checkDocument) } else { StandardOutput.write(run.checkText) }
      if !run.result.fits { throw ExitCode(10) }
    }
  }
}
