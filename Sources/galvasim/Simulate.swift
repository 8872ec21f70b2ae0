import ArgumentParser
import Foundation
import GalvaSim

struct Simulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Replay one training iteration; report its time, memory and breakdown.",
    discussion: "A plan that does not fit is a result: exit status 0, or 10 with --detailed-exitcode.")

  @OptionGroup var input: ScenarioOptions
  @OptionGroup var costs: CostOptions

  @Option(help: ArgumentHelp("Also write the whole trace, as HDF5.", valueName: "file.h5"))
  var trace: String?

  @Option(
    help: ArgumentHelp(
      "Also write a timeline: .pftrace for Perfetto, .json or .json.gz for Chrome, FOLDER/ for one Kineto trace per rank.",
      valueName: "file|folder/"))
  var timeline: String?

  @OptionGroup var shown: TimelineOptions

  @Option(help: ArgumentHelp("Also write a memory snapshot for pytorch.org/memory_viz.", valueName: "file.pickle"))
  var memorySnapshot: String?

  @Flag(help: "Simulate every rank, not one per class of equal ranks.")
  var expandRanks = false

  @Option(help: "How to execute: events in time order, replay without a queue, or the fastest that is right.")
  var executor = ExecutorChoice.auto

  @Option(
    help: ArgumentHelp(
      "Network model: ideal gives every group its closed-form time, shared lets flows share links.",
      discussion: "Default: ideal, or shared when the scenario's conditions disturb links."))
  var network: NetworkChoice?

  @Option(help: "Seed of everything random: jitter, and hashed ways through the fabric.")
  var seed: UInt64 = 0

  @Option(name: .customLong("print"), help: "Print an intermediate value instead of the report.")
  var printed: PrintedValue?

  @Flag(help: "Exit with 10 when the plan does not fit.")
  var detailedExitcode = false

  @Flag(help: "Add the tool's own wall-clock and CPU time to the JSON document.")
  var timing = false

  @OptionGroup var output: OutputOptions

  func run() throws {
    try CommandFailure.wrapping {
      let stopwatch = Stopwatch()
      let scenario = try input.load(with: costs.keys)
      var options = RunOptions()
      options.executor = executor
      options.expandRanks = expandRanks
      options.seed = seed
      options.network = network
      if executor == .replay, network == nil, scenario.conditions.disturbsLinks {
        throw CommandFailure(
          status: 64, ["--executor replay has no shared links, which slow and failed links need; use --executor events"]
        )
      }
      if let printed {
        StandardOutput.write(try printed.text(of: scenario, options: options))
        return
      }
      let run = try ScenarioRun(scenario, options: options)
      try writeFiles(run)
      let document = run.document
      if output.json {
        output.print(timing ? document.adding(stopwatch.fields) : document)
      } else {
        StandardOutput.write(run.text)
      }
      if detailedExitcode, !run.result.fits { throw ExitCode(10) }
    }
  }

  /// Refuses what contradicts itself, and a timeline nobody can write, before anything is simulated.
  func validate() throws {
    if network == .shared, executor == .replay {
      throw ValidationError("--executor replay has no shared links; use --executor events or --network ideal")
    }
    guard let timeline else {
      if shown.isGiven { throw ValidationError("--ranks and --window choose what --timeline shows; it is missing") }
      return
    }
    let choice = try shown.choice()
    do throws(ExportError) {
      _ = try ExporterCatalog.timelineExporter(forPath: timeline, choice: choice)
    } catch { throw ValidationError("--timeline \(error)") }
  }

  /// Writes the files asked for; each appears under its name only when it is complete.
  private func writeFiles(_ run: ScenarioRun) throws {
    var notes: [String] = []
    if let trace { notes += try run.exportTrace(to: trace, command: command, seed: seed) }
    if let timeline {
      notes += try run.exportTimeline(to: timeline, choice: shown.choice(), command: command, seed: seed)
    }
    if let memorySnapshot { notes += try run.exportMemorySnapshot(to: memorySnapshot) }
    for note in notes { output.log.warning("\(note)") }
  }

  /// The command that repeats the run, without the names of outputs.
  private var command: String {
    let overrides = input.overrides.map { "--set \($0)" }
    let flags =
      (expandRanks ? ["--expand-ranks"] : []) + (network.map { ["--network \($0.rawValue)"] } ?? [])
      + (executor == .auto ? [] : ["--executor \(executor.rawValue)"])
    return (["galvasim simulate \(input.scenario)"] + overrides + costs.flags + flags).joined(separator: " ")
  }
}

/// Time the tool itself takes.
struct Stopwatch {
  private let wall = ContinuousClock.now
  private let processor = clock()

  /// Wall-clock and CPU seconds since the start, as fields of a document.
  var fields: [JSONField] {
    let elapsed = ContinuousClock.now - wall
    let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    return [
      JSONField("wall_time_s", .number(seconds)),
      JSONField("cpu_s", .number(Double(clock() - processor) / Double(CLOCKS_PER_SEC))),
    ]
  }
}
