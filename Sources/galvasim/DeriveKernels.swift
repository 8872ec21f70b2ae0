import ArgumentParser
import GalvaSim

struct DeriveKernels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "derive-kernels",
    abstract: "Make the kernel table of a GPU nobody measured, from constants or from another GPU's table.",
    discussion: "Prints the table as CSV. With --from every time is scaled by the ratio of both GPUs' kernel models.")

  @Argument(help: "The GPU, by its catalogue name.") var device: String
  @Option(help: ArgumentHelp("Kernel table of another GPU.", valueName: "file")) var from: String?
  @Option(help: "Day to write into the table.") var date: String

  func run() throws {
    try CommandFailure.wrapping {
      StandardOutput.write(try DerivedTables.text(device: device, from: from, date: date))
    }
  }
}
