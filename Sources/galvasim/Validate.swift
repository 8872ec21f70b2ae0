import ArgumentParser
import GalvaSim

struct Validate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Simulate measured training runs; print each error and the summary.",
    discussion: """
      Takes tables of measured runs, one row each. A row that cannot be simulated, or whose measurement does not count, is \
      listed with the reason. Exit status: 0 done, 13 beyond the tolerances, 65 bad input.
      """)

  @Argument(help: "Measured runs (CSV).", completion: .file(extensions: ["csv"])) var files: [String]
  @Option(help: ArgumentHelp("Rows simulated at a time; changes no result.", valueName: "n")) var jobs = 2
  @Flag(help: "Print the summary only.") var summary = false
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard jobs >= 1 else { throw ValidationError("--jobs: found \(jobs), expected at least 1") }
    guard !files.isEmpty else { throw ValidationError("expected at least one table of measured runs") }
  }

  func run() throws {
    try CommandFailure.wrapping {
      let validation = try RunValidation(paths: files, jobs: jobs)
      if output.json {
        output.print(validation.document)
      } else {
        StandardOutput.write(validation.text(listsRows: !summary && !output.quiet))
      }
    }
  }
}
