import ArgumentParser
import GalvaSim

struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put the files of a sweep's shards together.",
    discussion: """
      The whole sweep in one file, byte for byte what one run without --shard writes. Files of different sweeps are \
      refused. `sweep SPEC --out FILE --resume` prints tables and charts of the merged file.
      """)

  @Argument(help: "Files that sweep --shard wrote.", completion: .file(extensions: ["h5"]))
  var files: [String]

  @Option(help: ArgumentHelp("The file of all points.", valueName: "file.h5"))
  var out: String

  @OptionGroup var output: OutputOptions

  func run() throws {
    try CommandFailure.wrapping {
      let merged = try SweepMerge(paths: files)
      try merged.write(to: out)
      if output.json {
        output.print(merged.document)
      } else if !output.quiet {
        StandardOutput.write(merged.text)
      }
    }
  }
}
