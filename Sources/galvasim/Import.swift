import ArgumentParser
import GalvaSim

/// A format of other programs.
enum ImportFormat: String, CaseIterable, ExpressibleByArgument {
  case hfConfig = "hf-config"
  case galvatronPlan = "galvatron-plan"
  case galvatronProfile = "galvatron-profile"
  case torchSchedule = "torch-schedule"
  case ncclTests = "nccl-tests"
  case nvidiaTopology = "nvidia-smi-topo"
  case collectiveTopology = "nccl-topo-xml"
  case slurmTopology = "slurm-topology"
  case kineto
}

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read a file of another program and print what it means here.",
    discussion: "Prints every value used and every default filled in, in a form scenario files accept.")

  @Argument(help: "Which format.") var format: ImportFormat
  @Argument(
    help: "The file; for nvidia-smi-topo one for each node, for nccl-tests any number of files and folders.",
    completion: .file())
  var files: [String]
  @Option(help: "GPUs the plan runs on (galvatron-plan; default: the plan's world_size).") var gpus: Int?
  @Option(help: "The GPU, by its catalogue name (galvatron-profile; topologies and kineto: default guessed).")
  var device: String?
  @Option(help: "The link of a network card, by its catalogue name (topologies; default: guessed).")
  var network: String?
  @Option(help: "The cluster whose nodes are arranged (slurm-topology).") var base: String?

  func validate() throws {
    if files.count > 1, format != .nvidiaTopology, format != .ncclTests {
      throw ValidationError("\(format.rawValue) takes one file")
    }
  }

  @Option(help: "The collective, where files do not name it (nccl-tests), for example all-reduce.")
  var operation: String?
  @Option(help: "Name of the table (nccl-tests, galvatron-profile, kineto).") var name = "measured"
  @OptionGroup var profile: ProfileOptions

  func run() throws {
    let choices = ImportChoices(device: device, network: network, base: base)
    let file = files.first ?? ""
    try CommandFailure.wrapping {
      switch format {
      case .hfConfig: StandardOutput.write(try ImportText.model(path: file))
      case .galvatronPlan: StandardOutput.write(try ImportText.plan(path: file, devices: gpus))
      case .galvatronProfile: try profile.write(path: file, device: device, name: name)
      case .kineto:
        let table = try ImportText.profilerTrace(path: file, device: device, name: name, date: profile.date)
        try profile.write(table)
      case .torchSchedule: StandardOutput.write(try ImportText.schedule(path: file))
      case .ncclTests:
        StandardOutput.write(try ImportText.collectives(paths: files, operation: operation, name: name))
      case .nvidiaTopology: StandardOutput.write(try ImportText.nvidiaTopology(paths: files, choices: choices))
      case .collectiveTopology: StandardOutput.write(try ImportText.collectiveTopology(path: file, choices: choices))
      case .slurmTopology: StandardOutput.write(try ImportText.slurmTopology(path: file, choices: choices))
      }
    }
  }
}
