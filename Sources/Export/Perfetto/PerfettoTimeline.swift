import ClusterSimulation
import Costing
import Workload

/// A timeline in Perfetto's format being written, rank after rank.
struct PerfettoTimeline: ~Copyable {
  let source: any TimelineSource
  let overview: TimelineOverview
  let selection: TimelineSelection
  let tracks: PerfettoTracks
  var writer: PerfettoWriter
  private let details: PerfettoDetails

  init(_ source: any TimelineSource, selection: TimelineSelection, writer: consuming PerfettoWriter) {
    self.source = source
    overview = source.overview
    self.selection = selection
    tracks = PerfettoTracks(overview)
    details = PerfettoDetails(overview)
    self.writer = writer
  }

  /// Writes everything.
  mutating func write() throws(ExportError) {
    try writer.startSequence()
    try PerfettoDetails.keepTexts(of: overview, &writer)
    try describeCluster()
    try writeEvents()
    try writeLinks()
    for place in overview.placesByStage where selection.contains(place: place) {
      try writeSlices(place)
      try writeMemory(place)
    }
  }

  /// Ends the file.
  consuming func finish() throws(ExportError) { try writer.finish() }

  /// Names the tracks of the cluster, its nodes, GPUs and streams.
  private mutating func describeCluster() throws(ExportError) {
    try writer.describe(
      PerfettoTracks.cluster, name: "\(overview.title) (\(overview.clusterRanks) GPUs)", parent: nil, place: 0)
    var nodes: [Int] = []
    for (order, place) in overview.placesByStage.enumerated() where selection.contains(place: place) {
      let rank = overview.ranks[place]
      if !nodes.contains(rank.node) {
        nodes.append(rank.node)
        try writer.describe(
          tracks.node(rank.node), name: "node \(rank.node)", parent: PerfettoTracks.cluster, place: 2 + rank.node)
      }
      var name = "rank \(rank.number) · stage \(rank.stage)"
      if rank.represented > 1 { name += " (x\(rank.represented) ranks)" }
      try writer.describe(tracks.rank(place), name: name, parent: tracks.node(rank.node), place: order)
    }
  }

  /// Describes the track of a stream that has its first slice.
  private mutating func describe(_ stream: StreamKind, ofRank place: Int) throws(ExportError) {
    try writer.describe(
      tracks.stream(stream, ofRank: place), name: stream.name, parent: tracks.rank(place),
      place: Int(stream.rawValue))
  }

  private mutating func writeSlices(_ place: Int) throws(ExportError) {
    var described: UInt8 = 0
    try source.forEachBatch(ofRank: place) { batch throws(ExportError) in
      try write(batch, place: place, described: &described)
    }
  }

  /// Writes one slice for each chosen task, and the ends of arrows that lie on it.
  ///
  /// - Parameter described: The streams whose tracks are described, one bit each.
  private mutating func write(
    _ batch: borrowing [TimelineTask], place: Int, described: inout UInt8
  ) throws(ExportError) {
    let firstTrack = tracks.stream(.compute, ofRank: place)
    let firstGathering = UInt64(overview.ranks.last?.rows.upperBound ?? 0) + 1
    let (rows, window) = (selection.rows[place], selection.window)
    for index in batch.indices {
      let task = batch[index]
      guard rows.contains(task.row), task.isShown, TimelineSelection.isIn(window, task.span) else { continue }
      var flow: UInt64 = 0
      if task.gathering >= 0 {
        flow = firstGathering + UInt64(task.gathering)
      } else if task.kind == .send, shows(rank: task.peer) {
        flow = UInt64(task.row) + 1
      }
      if described >> task.stream.rawValue & 1 == 0 {
        described |= 1 << task.stream.rawValue
        try describe(task.stream, ofRank: place)
      }
      let (details, stream) = (details, UInt64(task.stream.rawValue))
      try writer.begin(
        on: firstTrack + stream, name: UInt64(task.kind.rawValue) + 1, category: stream + 1,
        time: task.span.start, flow: flow, detailBytes: PerfettoDetails.bytes
      ) { details.write(task, into: &$0) }
      // The arrow of a message ends with the receive: at its beginning the send may not have begun yet for the reader,
      // who takes events of one instant in the order of the file.
      try writer.end(
        on: firstTrack + stream, time: task.span.end,
        lastFlow: task.senderRow >= 0 ? UInt64(task.senderRow) + 1 : 0)
    }
  }

  private func shows(rank: Int32) -> Bool {
    overview.place(ofRank: Int(rank)).map { selection.contains(place: $0) } ?? false
  }
}

/// The texts of a timeline, kept once, and the details of its tasks.
struct PerfettoDetails {
  private static let keys = [
    "name", "layer", "micro-batch", "stage", "bytes", "flops", "ranks", "peer", "event", "basis", "collective",
    "requested", "held",
  ]
  /// Bytes of all details of a task at most.
  static let bytes = keys.count * ProtobufCursor.annotationBytes

  private let firstBasis: UInt64
  private let firstCollective: UInt64

  init(_ overview: TimelineOverview) {
    firstBasis = UInt64(overview.names.count) + 1
    firstCollective = firstBasis + UInt64(KernelBasis.allCases.count)
  }

  /// Writes all texts.
  static func keepTexts(of overview: TimelineOverview, _ writer: inout PerfettoWriter) throws(ExportError) {
    try writer.keep(TaskKind.allCases.map(\.name), as: .eventName)
    try writer.keep(StreamKind.allCases.map(\.name), as: .category)
    try writer.keep(keys, as: .annotationName)
    try writer.keep(
      overview.names + KernelBasis.allCases.map(\.name) + CollectiveKind.fileNames.dropLast(), as: .annotationText)
  }

  /// Writes what a task has of details.
  @inline(__always)
  func write(_ task: TimelineTask, into event: inout ProtobufCursor) {
    event.annotate(1, text: UInt64(task.name) + 1)
    if task.layer >= 0 { event.annotate(2, integer: Int64(task.layer)) }
    if task.microBatch >= 0 { event.annotate(3, integer: Int64(task.microBatch)) }
    if task.virtualStage >= 0 { event.annotate(4, integer: Int64(task.virtualStage)) }
    if task.bytes > 0 { event.annotate(5, integer: task.bytes) }
    if task.operations > 0 { event.annotate(6, real: task.operations) }
    if task.groupSize > 1 { event.annotate(7, integer: Int64(task.groupSize)) }
    if task.peer >= 0 { event.annotate(8, integer: Int64(task.peer)) }
    event.annotate(9, integer: Int64(task.row))
    if let basis = task.basis { event.annotate(10, text: firstBasis + UInt64(basis.rawValue)) }
    if let collective = task.collective { event.annotate(11, text: firstCollective + UInt64(collective.number)) }
  }

  /// Writes what is known of a request that did not fit.
  static func write(_ failure: TimelineOverview.Failure, into event: inout ProtobufCursor) {
    event.annotate(12, integer: failure.requested)
    event.annotate(13, integer: failure.held)
  }
}
