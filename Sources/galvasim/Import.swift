import ArgumentParser
import GalvaSim

/// A format of other programs.
enum ImportFormat: String, CaseIterable, ExpressibleByArgument {
  case hfConfig = "hf-config"
  case galvatronPlan = "galvatron-plan"
  case torchSchedule = "torch-schedule"
  case ncclTests = "nccl-tests"
}

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read a file of another program and print what it means here.",
    discussion: "Prints every value used and every default filled in, in a form scenario files accept.")

  @Argument(help: "Which format.") var format: ImportFormat
  @Argument(help: "The file; for nccl-tests any number of files and folders.", completion: .file())
  var files: [String]
  @Option(help: "GPUs the plan runs on (galvatron-plan; default: the plan's world_size).") var gpus: Int?

  @Option(help: "The collective, where files do not name it (nccl-tests), for example all-reduce.")
  var operation: String?
  @Option(help: "Name of the table (nccl-tests).") var name = "measured"

  func validate() throws {
    guard format != .ncclTests, files.count > 1 else { return }
    throw ValidationError("expected one file, found \(files.count)")
  }

  func run() throws {
    let file = files.first ?? ""
    try CommandFailure.wrapping {
      switch format {
      case .hfConfig: StandardOutput.write(try ImportText.model(path: file))
      case .galvatronPlan: StandardOutput.write(try ImportText.plan(path: file, devices: gpus))
      case .torchSchedule: StandardOutput.write(try ImportText.schedule(path: file))
      case .ncclTests:
        StandardOutput.write(try ImportText.collectives(paths: files, operation: operation, name: name))
      }
    }
  }
}
