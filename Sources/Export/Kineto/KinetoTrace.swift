import ClusterSimulation
import Workload

/// The trace of one rank being written.
struct KinetoTrace: ~Copyable {
  typealias Track = ChromeJSONWriter.Track

  private let source: any TimelineSource
  private let overview: TimelineOverview
  private let place: Int
  private let selection: TimelineSelection
  private var writer: ChromeJSONWriter
  private var labels: KinetoLabels
  /// The process that launches, with one thread; the GPU is process 0.
  private let host: Track

  init(_ source: any TimelineSource, place: Int, selection: TimelineSelection, writer: consuming ChromeJSONWriter) {
    self.source = source
    overview = source.overview
    self.place = place
    self.selection = selection
    labels = KinetoLabels(&writer)
    self.writer = writer
    let process = Int32(1_000_000 + overview.ranks[place].number % 1_000_000)
    host = Track(process: process, thread: process)
  }

  /// Writes names, the step, launches, kernels and the ranges of micro-batches.
  mutating func write() throws(ExportError) {
    let rank = overview.ranks[place]
    try writer.describe(process: host.process, name: "rank \(rank.number), host", sortIndex: 0)
    try writer.describe(
      process: 0, name: "rank \(rank.number), stage \(rank.stage)", labels: "GPU 0", sortIndex: 1)
    let whole = selection.window ?? 0..<overview.iteration
    try writer.slice(
      on: host, name: writer.label("ProfilerStep#1"), category: writer.label("user_annotation"),
      start: whole.lowerBound, duration: max(whole.upperBound - whole.lowerBound, 1))
    let launches = try launchTimes()
    var correlation = 0
    var range = KinetoRange()
    try source.forEachTask(ofRank: place) { (task) throws(ExportError) in
      guard selection.contains(task, place: place) else { return }
      let ended = range.next(task)
      if let ended { try write(ended) }
      try write(task, correlation: Int64(correlation) + 1, launch: launches[correlation])
      correlation += 1
    }
    if let last = range.finish() { try write(last) }
  }

  /// Ends the file.
  consuming func finish() throws(ExportError) { try writer.finish() }

  /// When the host launches each chosen task, in program order: not before a task is next on its stream, never out of
  /// order. The simulated host is always ahead of the GPU, so no gap is its fault.
  private func launchTimes() throws(ExportError) -> [Int64] {
    var lastStarts = Array(repeating: selection.window?.lowerBound ?? 0, count: StreamKind.count)
    var times: [Int64] = []
    try source.forEachTask(ofRank: place) { (task) throws(ExportError) in
      guard selection.contains(task, place: place) else { return }
      times.append(min(lastStarts[Int(task.stream.rawValue)], task.span.start))
      lastStarts[Int(task.stream.rawValue)] = task.span.start
    }
    var earliest = Int64.max
    for index in times.indices.reversed() {
      earliest = min(earliest, times[index])
      times[index] = earliest
    }
    return times
  }

  private mutating func write(_ task: TimelineTask, correlation: Int64, launch: Int64) throws(ExportError) {
    try writer.slice(
      on: host, name: labels.launch, category: labels.runtime, start: launch, duration: 0,
      arguments: [.integer(labels.externalID, correlation), .integer(labels.correlation, correlation)])
    let stream = Self.stream(task.stream)
    var arguments: [ChromeJSONWriter.Argument] = [
      .integer(labels.externalID, correlation), .integer(labels.device, 0), .integer(labels.context, 1),
      .integer(labels.stream, Int64(stream)), .integer(labels.correlation, correlation),
    ]
    if task.layer >= 0 { arguments.append(.integer(labels.layer, Int64(task.layer))) }
    if task.microBatch >= 0 { arguments.append(.integer(labels.microBatch, Int64(task.microBatch))) }
    arguments.append(.integer(labels.event, Int64(task.row)))
    if task.stream != .compute { arguments += labels.communication(task) }
    try writer.slice(
      on: Track(process: 0, thread: stream), name: writer.label(kernelName(task)), category: labels.kernel,
      start: task.span.start, duration: task.span.end - task.span.start, arguments: arguments)
  }

  private mutating func write(_ range: KinetoRange.Part) throws(ExportError) {
    try writer.slice(
      on: Track(process: 0, thread: Self.stream(.compute)), name: writer.label(range.name),
      category: labels.annotation, start: range.start, duration: range.end - range.start)
  }

  private func kernelName(_ task: TimelineTask) -> String {
    let name = overview.names[Int(task.name)]
    return task.stream == .compute
      ? "\(task.kind.name) \(name)" : "ncclKernel_\(KinetoLabels.pattern(task).kernel)(\(name))"
  }

  /// Compute has the number of PyTorch's default stream.
  private static func stream(_ stream: StreamKind) -> Int32 { stream == .compute ? 7 : 20 + Int32(stream.rawValue) }
}

/// Consecutive kernels of one pass of one micro-batch, shown as a range above them.
struct KinetoRange {
  /// A finished range.
  struct Part {
    var name: String
    var start: Int64
    var end: Int64
  }

  private var current: (part: Part, stage: Int32)?

  /// Takes the next task; returns the range that ended before it.
  mutating func next(_ task: TimelineTask) -> Part? {
    guard task.stream == .compute, let pass = Self.pass(task.kind) else { return nil }
    let name = task.microBatch >= 0 ? "\(pass) micro-batch \(task.microBatch)" : pass
    if current?.part.name == name, current?.stage == task.virtualStage {
      current?.part.end = task.span.end
      return nil
    }
    let ended = current?.part
    current = (Part(name: name, start: task.span.start, end: task.span.end), task.virtualStage)
    return ended
  }

  /// The range that is open.
  func finish() -> Part? { current?.part }

  private static func pass(_ kind: TaskKind) -> String? {
    switch kind {
    case .forward: "forward"
    case .backwardInput, .backwardWeight, .recompute: "backward"
    case .gradientNorm, .optimizer: "optimizer"
    default: nil
    }
  }
}
