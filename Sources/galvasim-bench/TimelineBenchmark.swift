import BaselineLoops
import ClusterSimulation
import Foundation
import GalvaSim
import Glibc

/// Timelines of one large run, to files, beside a plain C++ loop that writes packets into memory.
struct TimelineTimes {
  private let slices: Int
  private var slicesOnly = Samples()
  private var perfetto = Samples()
  private var chrome = Samples()
  private var loop = Samples()
  private var bytes = (perfetto: 0, chrome: 0, loop: 0)

  /// The tasks as columns, for the loop.
  private struct Columns {
    var starts: [Int64] = []
    var ends: [Int64] = []
    var streams: [UInt8] = []
    var kinds: [UInt8] = []
    var names: [Int32] = []
  }

  /// Writes each in turn, again and again.
  init(folder: String, repetitions: Int) throws {
    let scenario = try ScenarioFile.load(path: folder + "/gpt3-175b-1024xa100.yaml")
    let result = try TrainingSimulation(TrainingSetup(scenario: scenario)).run(executor: .replay)
    let source = SimulatedTimeline(result, title: scenario.name)
    var columns = Columns()
    for place in source.overview.ranks.indices {
      try source.forEachTask(ofRank: place) { (task) throws(ExportError) in
        guard task.isShown else { return }
        columns.starts.append(task.span.start)
        columns.ends.append(task.span.end)
        columns.streams.append(task.stream.rawValue)
        columns.kinds.append(task.kind.rawValue)
        columns.names.append(task.name)
      }
    }
    slices = columns.starts.count
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("galvasim-bench-\(getpid())").path
    defer { for suffix in [".pftrace", ".json"] { unlink(path + suffix) } }
    let all = TimelineChoice(maximumSlices: slices * 2)
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    for _ in 0..<repetitions {
      loop.add(measure { bytes.loop = Self.write(columns, &buffer) })
      slicesOnly.add(
        try measure { try PerfettoExporter(all).write(WithoutMemory(source: source), to: path + ".pftrace") })
      perfetto.add(try measure { try PerfettoExporter(all).write(source, to: path + ".pftrace") })
      chrome.add(try measure { try ChromeTimelineExporter(all).write(source, to: path + ".json") })
    }
    bytes.perfetto = Self.size(path + ".pftrace")
    bytes.chrome = Self.size(path + ".json")
  }

  private static func write(_ columns: Columns, _ buffer: inout [UInt8]) -> Int {
    let capacity = Int64(buffer.count)
    return Int(
      baseline_perfetto(
        columns.starts, columns.ends, columns.streams, columns.kinds, columns.names, Int64(columns.starts.count),
        &buffer, capacity))
  }

  private static func size(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  /// The table.
  var text: String {
    """

    Timelines of GPT-3 175B, \(slices) slices with memory counters, to a file
    \(row("  Perfetto", perfetto, bytes.perfetto))
    \(row("  Perfetto, no counters", slicesOnly, nil))
    \(row("  Chrome JSON", chrome, bytes.chrome))
    \(row("  C++ packets, in memory", loop, bytes.loop))
      speed: Perfetto, no counters / C++ packets \(fixed(slicesOnly.speed(against: loop), 2))x
    """
  }

  private func row(_ name: String, _ samples: Samples, _ bytes: Int?) -> String {
    let rate = "\(fixed(Double(slices) / samples.median * 1e-6, 1)) M slices/s"
    let size = bytes.map { ", \(fixed(Double($0) / Double(max(slices, 1)), 1)) bytes a slice" } ?? ""
    return name + String(repeating: " ", count: max(1, 28 - name.count)) + rate + size
  }
}

/// A source without memory: its timelines have no counters.
private struct WithoutMemory: TimelineSource {
  let source: SimulatedTimeline

  var overview: TimelineOverview { source.overview }

  func forEachBatch(
    ofRank place: Int, _ body: (borrowing [TimelineTask]) throws(ExportError) -> Void
  ) throws(ExportError) { try source.forEachBatch(ofRank: place, body) }

  func memory(ofRank place: Int) -> MemoryTimeline { MemoryTimeline(resident: [], changes: []) }

  func span(ofRow row: Int) -> TimelineSpan { source.span(ofRow: row) }
}
