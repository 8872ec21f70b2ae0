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
  @Option(help: ArgumentHelp("Also write predictions beside measurements, as CSV.", valueName: "file.csv")) var out:
    String?
  @Option(help: ArgumentHelp("Also write a picture of predicted against measured times.", valueName: "file.svg"))
  var scatter: String?
  @Option(help: ArgumentHelp("Bounds to hold the summaries to (CSV); exit status 13 beyond them.", valueName: "file"))
  var tolerance: String?
  @Option(help: ArgumentHelp("Take about one row in so many, always the same ones.", valueName: "n")) var sample = 1
  @Flag(help: "Print the summary only.") var summary = false
  @Flag(help: "Print the summary as tables in Markdown.") var markdown = false
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard jobs >= 1 else { throw ValidationError("--jobs: found \(jobs), expected at least 1") }
    guard sample >= 1 else { throw ValidationError("--sample: found \(sample), expected at least 1") }
    guard !files.isEmpty else { throw ValidationError("expected at least one table of measured runs") }
  }

  func run() throws {
    try CommandFailure.wrapping {
      let tolerances = try tolerance.map { try RunTolerances.load(path: $0) }
      let validation = try RunValidation(paths: files, jobs: jobs, sample: sample)
      if let out { try validation.writeTable(to: out) }
      if let scatter { try validation.writeScatter(to: scatter) }
      if output.json {
        output.print(validation.document)
      } else if markdown {
        StandardOutput.write(validation.markdown)
      } else {
        StandardOutput.write(validation.text(listsRows: !summary && !output.quiet))
      }
      let violations = tolerances?.violations(of: validation) ?? []
      for violation in violations { StandardError.write("beyond tolerance: \(violation)") }
      if !violations.isEmpty { throw ExitStatus(13) }
    }
  }
}
