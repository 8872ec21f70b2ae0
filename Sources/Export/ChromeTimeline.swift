import ClusterSimulation
import Costing
import Quantities

/// A timeline being written, rank after rank.
struct ChromeTimeline: ~Copyable {
  private let result: SimulationResult
  private let selection: SliceSelection
  private var writer: ChromeJSONWriter
  private let labels: ChromeLabels
  /// Place of each simulated rank when ordered by stage, then rank.
  private let places: [Int32]

  init(result: SimulationResult, selection: SliceSelection, writer: consuming ChromeJSONWriter) {
    self.result = result
    self.selection = selection
    labels = ChromeLabels(names: result.trace.programs.names, writer: &writer)
    self.writer = writer
    let map = result.trace.map
    let stages = map.globalRanks.indices.map { result.stage(ofSimulatedRank: $0) }
    let order = map.globalRanks.indices.sorted { (stages[$0], $0) < (stages[$1], $1) }
    var places = Array(repeating: Int32(0), count: order.count)
    for (place, rank) in order.enumerated() { places[rank] = Int32(place) }
    self.places = places
  }

  /// Writes names, slices, arrows and counters of a rank.
  mutating func write(simulatedRank rank: Int) throws(ExportError) {
    try describe(rank)
    try writeSlices(rank)
    try writeMemory(rank)
  }

  /// Marks the first request that did not fit.
  mutating func writeFailure() throws(ExportError) {
    guard let failure = result.outOfMemory,
      let rank = result.trace.map.globalRanks.firstIndex(of: failure.rank), !selection.rows[rank].isEmpty
    else { return }
    let track = ChromeJSONWriter.Track(process: Int32(failure.rank), thread: 1)
    try writer.instant(
      on: track, name: writer.label("OOM rank \(failure.rank)"), time: failure.time.nanoseconds, scope: .everywhere,
      arguments: [
        .text(writer.label("task"), writer.label(failure.task)),
        .real(writer.label("requested GB"), Double(failure.requested.count) / 1e9),
        .real(writer.label("held GB"), Double(failure.heldByCategory.reduce(0, +)) / 1e9),
        .real(labels.capacity, Double(result.setup.memoryCapacity.count) / 1e9),
      ])
  }

  /// Ends the file.
  consuming func finish() throws(ExportError) { try writer.finish() }

  /// Names the process, and the threads of the streams in use.
  private mutating func describe(_ rank: Int) throws(ExportError) {
    let map = result.trace.map
    let global = map.globalRanks[rank]
    let node = result.setup.cluster.node(ofRank: global)
    var name = "stage \(result.stage(ofSimulatedRank: rank)) · rank \(global) · node\(node)"
    if map.representedRanks[rank] > 1 { name += " (x\(map.representedRanks[rank]) ranks)" }
    try writer.describe(process: Int32(global), name: name, sortIndex: places[rank])
    var used = Array(repeating: false, count: StreamKind.count)
    result.trace.forEachTask(ofSimulatedRank: rank) { task in
      if task.info.kind != .marker { used[Int(task.stream.rawValue)] = true }
    }
    for stream in StreamKind.allCases where used[Int(stream.rawValue)] {
      try writer.describe(
        thread: Self.track(rank: global, stream), name: stream.name, sortIndex: Int32(stream.rawValue))
    }
  }

  /// Threads count from 1: viewers take number 0 for the idle thread.
  private static func track(rank: Int, _ stream: StreamKind) -> ChromeJSONWriter.Track {
    ChromeJSONWriter.Track(process: Int32(rank), thread: Int32(stream.rawValue) + 1)
  }

  private mutating func writeSlices(_ rank: Int) throws(ExportError) {
    try result.trace.forEachTask(ofSimulatedRank: rank) { task throws(ExportError) in
      guard selection.rows[rank].contains(task.row), task.info.kind != .marker else { return }
      try writer.slice(
        on: Self.track(rank: task.rank, task.stream), name: labels.kinds[Int(task.info.kind.rawValue)],
        category: labels.streams[Int(task.stream.rawValue)], start: task.start.nanoseconds,
        duration: (task.end - task.start).nanoseconds, arguments: labels.arguments(of: task))
      if task.info.kind == .receive { try writeArrow(to: task, simulatedRank: rank) }
    }
  }

  /// Draws the arrow from a send to the receive that waited for it, when both are shown.
  private mutating func writeArrow(to task: TraceTask, simulatedRank rank: Int) throws(ExportError) {
    let trace = result.trace
    guard let row = trace.sendRow(ofReceive: task, simulatedRank: rank), selection.contains(row: row) else { return }
    let sent = trace.task(row: row)
    let identifier = UInt64(task.row)
    try writer.flowStart(
      identifier, on: Self.track(rank: sent.rank, sent.stream), name: labels.message, category: labels.message,
      time: sent.start.nanoseconds)
    try writer.flowFinish(
      identifier, on: Self.track(rank: task.rank, task.stream), name: labels.message, category: labels.message,
      time: task.start.nanoseconds)
  }

  /// Writes what the rank held over time, by category, and what it may hold.
  private mutating func writeMemory(_ rank: Int) throws(ExportError) {
    let timeline = MemoryTimeline(trace: result.trace, simulatedRank: rank)
    let iteration = result.iterationTime.nanoseconds
    let limit = ChromeTimelineExporter.counterLimit
    let starts =
      MemoryEnvelope.everyChange(of: timeline, limit: limit)
      ?? MemoryEnvelope.grid(iteration: iteration, count: limit)
    let envelope = MemoryEnvelope(timeline, starts: starts)
    let process = Int32(result.trace.map.globalRanks[rank])
    for (index, start) in starts.enumerated() {
      try writer.counter(
        process: process, name: labels.memory, time: start,
        series: MemoryCategory.allCases.map { category in
          let bytes = envelope.held[index * MemoryEnvelope.categoryCount + Int(category.rawValue)]
          return .real(labels.categories[Int(category.rawValue)], Double(bytes) / 1e9)
        })
    }
    let capacity = Double(result.setup.memoryCapacity.count) / 1e9
    for time in [0, iteration] {
      try writer.counter(
        process: process, name: labels.capacity, time: time, series: [.real(labels.capacity, capacity)])
    }
  }
}

extension SimulationResult {
  /// Pipeline stage of a simulated rank.
  func stage(ofSimulatedRank rank: Int) -> Int { trace.programs.programs[Int(trace.map.programs[rank])].stage }
}

/// The texts of a timeline, kept once.
struct ChromeLabels {
  typealias Label = ChromeJSONWriter.Label

  let kinds: [Label]
  let streams: [Label]
  let categories: [Label]
  let names: [Label]
  let memory: Label
  let capacity: Label
  let message: Label
  private let keys: [Label]
  private let bases: [Label]

  init(names: [String], writer: inout ChromeJSONWriter) {
    kinds = TaskKind.allCases.map(\.name).map { writer.label($0) }
    streams = StreamKind.allCases.map(\.name).map { writer.label($0) }
    categories = MemoryCategory.allCases.map(\.name).map { writer.label($0) }
    self.names = names.map { writer.label($0) }
    bases = KernelBasis.allCases.map { writer.label($0.name) }
    memory = writer.label("memory GB")
    capacity = writer.label("capacity GB")
    message = writer.label("message")
    keys = ["name", "layer", "micro-batch", "stage", "bytes", "flops", "ranks", "peer", "event", "basis"].map {
      writer.label($0)
    }
  }

  /// The details of a task; those it has not are left out.
  func arguments(of task: TraceTask) -> [ChromeJSONWriter.Argument] {
    var arguments: [ChromeJSONWriter.Argument] = [.text(keys[0], names[Int(task.info.name)])]
    arguments.reserveCapacity(keys.count)
    if task.info.layer >= 0 { arguments.append(.integer(keys[1], Int64(task.info.layer))) }
    if task.microBatch >= 0 { arguments.append(.integer(keys[2], Int64(task.microBatch))) }
    if task.info.virtualStage >= 0 { arguments.append(.integer(keys[3], Int64(task.info.virtualStage))) }
    if task.info.bytes > 0 { arguments.append(.integer(keys[4], task.info.bytes)) }
    if task.info.operations > 0 { arguments.append(.real(keys[5], task.info.operations)) }
    if task.info.groupSize > 1 { arguments.append(.integer(keys[6], Int64(task.info.groupSize))) }
    if task.peer >= 0 { arguments.append(.integer(keys[7], Int64(task.peer))) }
    arguments.append(.integer(keys[8], Int64(task.row)))
    if let basis = task.info.basis { arguments.append(.text(keys[9], bases[Int(basis.rawValue)])) }
    return arguments
  }
}
