import ArgumentParser
import Foundation
import GalvaSim

struct Sweep: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a grid of simulate or search points: memory limits, batches, plans, models, clusters.",
    discussion: """
      What does not fit or fails is a result with its reason. With --out every finished point is kept in \
      FILE.h5.partial until the file is complete; --resume continues from there. Exit status: 0 done; 65 bad sweep, or \
      every point failed; 130 interrupted.
      """)

  @Argument(help: "Sweep file (YAML or JSON).", completion: .file(extensions: ["yaml", "yml", "json"]))
  var spec: String

  @Option(help: "Points that run at the same time; default: one for each core. Results do not depend on it.")
  var jobs: Int?

  @Option(help: ArgumentHelp("Run the I-th of every N points only.", valueName: "I/N"))
  var shard: ShardNumber?

  @Option(help: ArgumentHelp("Write every point with its results, as HDF5.", valueName: "file.h5"))
  var out: String?

  @Flag(help: "Continue an interrupted run from --out.")
  var resume = false

  @Option(help: ArgumentHelp("Write every point with its results, as comma-separated text.", valueName: "file.csv"))
  var csv: String?

  @Option(help: ArgumentHelp("Draw throughput against memory, the plan at each point.", valueName: "file.svg"))
  var svg: String?

  @Flag(help: "Add the tool's own wall-clock and CPU time to the JSON document.")
  var timing = false

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs is at least 1") }
    if resume, out == nil { throw ValidationError("--resume needs --out FILE.h5, where the points are") }
  }

  func run() throws {
    try CommandFailure.wrapping {
      let stopwatch = Stopwatch()
      let interruption = Interruption()
      let spec = try SweepFile.load(path: spec, vocabulary: .known)
      if svg != nil, spec.chart == nil {
        throw CommandFailure(status: 65, ["\(self.spec): no axis has numbers to draw over; name one with chart.x"])
      }
      let run = try SweepRun(spec, options: options(interruption))
      if run.isComplete {
        if let csv { try TextFile.write(run.commaSeparatedText, to: csv) }
        if let svg, let chart = run.chart { try TextFile.write(chart.svg, to: svg) }
      }
      if output.json {
        output.print(timing ? run.document.adding(stopwatch.fields) : run.document)
      } else {
        StandardOutput.write(run.text)
      }
      if !run.isComplete { try reportInterruption(run) }
      if run.hasOnlyFailures { throw ExitCode(65) }
    }
  }

  private func options(_ interruption: Interruption) -> SweepOptions {
    var options = SweepOptions()
    options.jobs = jobs ?? ProcessInfo.processInfo.activeProcessorCount
    options.shard = shard.map { ($0.index, $0.count) } ?? options.shard
    options.out = out
    options.resumes = resume
    let flag = interruption.flag
    options.isCancelled = { flag.isRaised }
    if isatty(STDERR_FILENO) == 1, !output.quiet {
      let meter = ProgressMeter()
      options.progress = { done, total in meter.show(done, of: total) }
    }
    return options
  }

  private func reportInterruption(_ run: SweepRun) throws {
    let count = "interrupted: \(run.finished.count) of \(run.wanted.count) points are finished"
    StandardError.write(out.map { "\(count) and kept in \($0).partial; --resume goes on" } ?? count)
    throw ExitCode(130)
  }
}

/// A part of a sweep, such as `2/8`.
struct ShardNumber: ExpressibleByArgument {
  /// Which part, from 1.
  let index: Int
  /// How many parts.
  let count: Int

  init?(argument: String) {
    let numbers = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let index = numbers[0], let count = numbers[1], count >= 1, (1...count).contains(index)
    else { return nil }
    self.index = index
    self.count = count
  }
}
