import ArgumentParser
import GalvaSim

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a trace file in another format.",
    discussion: """
      The trace is a file of `galvasim simulate --trace FILE.h5`; the scenario is not needed.

      \(ExporterCatalog.timelineExporters().map { "\($0.name): \($0.summary)" }.joined(separator: "\n"))

      kineto and hta-memory write a folder with one file per rank.
      """)

  @Argument(help: "Trace file (HDF5).", completion: .file(extensions: ["h5", "hdf5"]))
  var trace: String

  @Option(
    help: ArgumentHelp(
      "Format: \(ExporterCatalog.timelineExporters().map(\.name).joined(separator: ", ")).", valueName: "format"))
  var format: String

  @Option(help: ArgumentHelp("The file or folder to write.", valueName: "path"))
  var out: String

  @OptionGroup var shown: TimelineOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try CommandFailure.wrapping {
      let exporter = try exporter()
      let source = try TraceFile.load(path: trace)
      let notes = try exporter.write(source, to: out)
      for note in notes { output.log.warning("\(note)") }
      guard output.json else { return }
      output.print(
        .object([
          JSONField("schema_version", .integer(1)), JSONField("format", .text(format)), JSONField("path", .text(out)),
          JSONField("warnings", .list(notes.map { .text($0) })),
        ]))
    }
  }

  /// Refuses unknown formats and choices before anything is read.
  func validate() throws { _ = try exporter() }

  private func exporter() throws -> any TimelineExporter {
    let all = ExporterCatalog.timelineExporters(try shown.choice())
    guard let found = all.first(where: { $0.name == format }) else {
      throw ValidationError("--format \(format): use one of \(all.map(\.name).joined(separator: ", "))")
    }
    return found
  }
}
