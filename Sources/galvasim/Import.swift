import ArgumentParser
import GalvaSim

/// A format of other programs.
enum ImportFormat: String, CaseIterable, ExpressibleByArgument {
  case hfConfig = "hf-config"
  case galvatronPlan = "galvatron-plan"
  case torchSchedule = "torch-schedule"
}

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read a file of another program and print what it means here.",
    discussion: "Prints every value used and every default filled in, in a form scenario files accept.")

  @Argument(help: "Which format.") var format: ImportFormat
  @Argument(help: "The file.", completion: .file()) var file: String
  @Option(help: "GPUs the plan runs on (galvatron-plan; default: the plan's world_size).") var gpus: Int?

  func run() throws {
    try CommandFailure.wrapping {
      switch format {
      case .hfConfig: StandardOutput.write(try ImportText.model(path: file))
      case .galvatronPlan: StandardOutput.write(try ImportText.plan(path: file, devices: gpus))
      case .torchSchedule: StandardOutput.write(try ImportText.schedule(path: file))
      }
    }
  }
}
