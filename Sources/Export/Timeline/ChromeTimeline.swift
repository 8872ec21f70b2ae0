import ClusterSimulation
import Costing

/// A timeline being written, rank after rank.
struct ChromeTimeline: ~Copyable {
  private let source: any TimelineSource
  private let overview: TimelineOverview
  private let selection: TimelineSelection
  private var writer: ChromeJSONWriter
  private let labels: ChromeLabels

  init(_ source: any TimelineSource, selection: TimelineSelection, writer: consuming ChromeJSONWriter) {
    self.source = source
    overview = source.overview
    self.selection = selection
    labels = ChromeLabels(names: source.overview.names, writer: &writer)
    self.writer = writer
  }

  /// Writes everything but the end.
  mutating func write() throws(ExportError) {
    var order = Array(repeating: Int32(0), count: overview.ranks.count)
    for (index, place) in overview.placesByStage.enumerated() { order[place] = Int32(index) }
    for place in order.indices where selection.contains(place: place) {
      try describe(place, sortIndex: order[place])
      try writeSlices(place)
      try writeMemory(place)
    }
    try writeFailure()
    try writeFaults()
  }

  /// Ends the file.
  consuming func finish() throws(ExportError) { try writer.finish() }

  /// Marks the first request that did not fit.
  private mutating func writeFailure() throws(ExportError) {
    guard let failure = overview.failure, let place = overview.place(ofRank: failure.rank),
      selection.contains(place: place)
    else { return }
    try writer.instant(
      on: ChromeJSONWriter.Track(process: Int32(failure.rank), thread: 1),
      name: writer.label("OOM rank \(failure.rank)"), time: failure.time, scope: .everywhere,
      arguments: [
        .text(writer.label("task"), writer.label(failure.task)),
        .real(writer.label("requested GB"), Double(failure.requested) / 1e9),
        .real(writer.label("held GB"), Double(failure.held) / 1e9),
        .real(labels.capacity, Double(overview.ranks[place].capacity) / 1e9),
      ])
  }

  /// Marks conditions of the ranks that are shown, and of links.
  private mutating func writeFaults() throws(ExportError) {
    for fault in overview.faults
    where selection.isInWindow(TimelineSpan(start: fault.time, end: fault.time)) {
      let shown = overview.place(ofRank: fault.rank).map { selection.contains(place: $0) } ?? false
      let first = selection.rows.firstIndex { !$0.isEmpty }.map { overview.ranks[$0].number }
      guard let process = shown ? fault.rank : first else { return }
      try writer.instant(
        on: ChromeJSONWriter.Track(process: Int32(process), thread: 1), name: writer.label(fault.text),
        time: fault.time, scope: shown ? .process : .everywhere)
    }
  }

  /// Names the process, and the threads of the streams in use.
  private mutating func describe(_ place: Int, sortIndex: Int32) throws(ExportError) {
    let rank = overview.ranks[place]
    var name = "stage \(rank.stage) · rank \(rank.number) · node\(rank.node)"
    if rank.represented > 1 { name += " (x\(rank.represented) ranks)" }
    try writer.describe(process: Int32(rank.number), name: name, sortIndex: sortIndex)
    var used = Array(repeating: false, count: StreamKind.count)
    try source.forEachTask(ofRank: place) { (task) throws(ExportError) in
      if task.isShown { used[Int(task.stream.rawValue)] = true }
    }
    for stream in StreamKind.allCases where used[Int(stream.rawValue)] {
      try writer.describe(
        thread: Self.track(rank: rank.number, stream), name: stream.name, sortIndex: Int32(stream.rawValue))
    }
  }

  /// Threads count from 1: viewers take number 0 for the idle thread.
  private static func track(rank: Int, _ stream: StreamKind) -> ChromeJSONWriter.Track {
    ChromeJSONWriter.Track(process: Int32(rank), thread: Int32(stream.rawValue) + 1)
  }

  private mutating func writeSlices(_ place: Int) throws(ExportError) {
    let rank = overview.ranks[place].number
    try source.forEachTask(ofRank: place) { (task) throws(ExportError) in
      guard selection.contains(task, place: place) else { return }
      try writer.slice(
        on: Self.track(rank: rank, task.stream), name: labels.kinds[Int(task.kind.rawValue)],
        category: labels.streams[Int(task.stream.rawValue)], start: task.span.start,
        duration: task.span.end - task.span.start, arguments: labels.arguments(of: task))
      if task.senderRow >= 0 { try writeArrow(to: task, rank: rank) }
    }
  }

  /// Draws the arrow from a send to the receive that waited for it, when both are shown.
  private mutating func writeArrow(to task: TimelineTask, rank: Int) throws(ExportError) {
    let sent = source.span(ofRow: task.senderRow)
    guard let sender = overview.place(ofRank: Int(task.peer)),
      selection.rows[sender].contains(task.senderRow), selection.isInWindow(sent)
    else { return }
    let identifier = UInt64(task.row)
    try writer.flowStart(
      identifier, on: Self.track(rank: Int(task.peer), .pipelineSend), name: labels.message, category: labels.message,
      time: sent.start)
    try writer.flowFinish(
      identifier, on: Self.track(rank: rank, task.stream), name: labels.message, category: labels.message,
      time: task.span.start)
  }

  /// Writes what the rank held over time, by category, and what it may hold.
  private mutating func writeMemory(_ place: Int) throws(ExportError) {
    let timeline = try source.memory(ofRank: place)
    let iteration = overview.iteration
    let limit = ChromeTimelineExporter.counterLimit
    let starts =
      MemoryEnvelope.everyChange(of: timeline, limit: limit)
      ?? MemoryEnvelope.grid(iteration: iteration, count: limit)
    let envelope = MemoryEnvelope(timeline, starts: starts)
    let rank = overview.ranks[place]
    let shown = selection.window ?? 0..<Int64.max
    let first = starts.lastIndex { $0 <= shown.lowerBound } ?? 0
    for index in starts.indices.dropFirst(first) where index == first || starts[index] < shown.upperBound {
      try writer.counter(
        process: Int32(rank.number), name: labels.memory, time: max(starts[index], shown.lowerBound),
        series: MemoryCategory.allCases.map { category in
          let bytes = envelope.held[index * MemoryEnvelope.categoryCount + Int(category.rawValue)]
          return .real(labels.categories[Int(category.rawValue)], Double(bytes) / 1e9)
        })
    }
    for time in [shown.lowerBound, min(iteration, shown.upperBound)] {
      try writer.counter(
        process: Int32(rank.number), name: labels.capacity, time: time,
        series: [.real(labels.capacity, Double(rank.capacity) / 1e9)])
    }
  }
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
  func arguments(of task: TimelineTask) -> [ChromeJSONWriter.Argument] {
    var arguments: [ChromeJSONWriter.Argument] = [.text(keys[0], names[Int(task.name)])]
    arguments.reserveCapacity(keys.count)
    if task.layer >= 0 { arguments.append(.integer(keys[1], Int64(task.layer))) }
    if task.microBatch >= 0 { arguments.append(.integer(keys[2], Int64(task.microBatch))) }
    if task.virtualStage >= 0 { arguments.append(.integer(keys[3], Int64(task.virtualStage))) }
    if task.bytes > 0 { arguments.append(.integer(keys[4], task.bytes)) }
    if task.operations > 0 { arguments.append(.real(keys[5], task.operations)) }
    if task.groupSize > 1 { arguments.append(.integer(keys[6], Int64(task.groupSize))) }
    if task.peer >= 0 { arguments.append(.integer(keys[7], Int64(task.peer))) }
    arguments.append(.integer(keys[8], Int64(task.row)))
    if let basis = task.basis { arguments.append(.text(keys[9], bases[Int(basis.rawValue)])) }
    return arguments
  }
}
