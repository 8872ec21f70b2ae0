import ArgumentParser
import GalvaSim

struct ValidateKernels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate-kernels",
    abstract: "Predict measured kernels and collectives; print each error and the summary.",
    discussion: """
      Takes the columns of measured products, attention, elementwise kernels and collectives. Large are products and \
      attention with a block for each multiprocessor and 25 us of arithmetic at the peak, and collectives of 256 MiB.
      """)

  @Argument(help: "Measurements (CSV).", completion: .file(extensions: ["csv"])) var file: String
  @Option(help: "What prices kernels: the device's table where there is one, or its roofline.")
  var costModel = CostModelChoice.auto
  @Flag(help: "Print the summary only.") var summary = false
  @OptionGroup var output: OutputOptions

  func run() throws {
    try CommandFailure.wrapping {
      let validation = try KernelValidation(path: file, choice: costModel)
      if output.json {
        output.print(validation.document)
      } else {
        StandardOutput.write(validation.text(listsRows: !summary && !output.quiet))
      }
    }
  }
}
