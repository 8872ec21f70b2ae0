import ClusterSimulation
import HDF5IO
import Quantities
import Workload

/// The tasks of a trace as a table: one row per task, in the order of the trace.
enum TraceFileEvents {
  /// Rows handed to the file at once.
  static let batchRows = 65_536

  static let columns = [
    ColumnDescription("start", .int64, units: "ns", longName: "start, from the start of the iteration"),
    ColumnDescription("duration", .int64, units: "ns", longName: "duration", comment: "waiting is not part of it"),
    ColumnDescription(
      "rank", .int32, longName: "rank", comment: "representative of its class when ranks are folded"),
    ColumnDescription("stream", .enumeration("/types/stream_kind"), longName: "in-order queue"),
    ColumnDescription("kind", .enumeration("/types/event_kind"), longName: "what the task does"),
    ColumnDescription("name", .int32, longName: "name", dictionary: "/dictionaries/event_name"),
    ColumnDescription("layer", .int32, longName: "layer of the model", comment: "-1 = none"),
    ColumnDescription("microbatch", .int32, longName: "micro-batch", comment: "-1 = none"),
    ColumnDescription("stage", .int32, longName: "virtual pipeline stage", comment: "-1 = none"),
    ColumnDescription("peer", .int32, longName: "rank at the other end of a message", comment: "-1 = none"),
    ColumnDescription(
      "bytes", .int64, units: "byte", longName: "memory traffic of a kernel, payload of a message or collective"),
    ColumnDescription("flops", .float64, longName: "floating-point operations of a kernel"),
    ColumnDescription("group", .int32, longName: "ranks that take part", comment: "1 = a kernel, 2 = a message"),
    ColumnDescription("collective", .enumeration("/types/collective_kind"), longName: "pattern of a collective"),
    ColumnDescription(
      "gathering", .int64, longName: "number of the collective, the same on all its simulated members",
      comment: "-1 = none, or a lone simulated rank"),
    ColumnDescription("sender", .int64, longName: "row of the send a receive waited for", comment: "-1 = none"),
    ColumnDescription("basis", .enumeration("/types/cost_basis"), longName: "what the duration of a kernel rests on"),
  ]

  /// Writes `/dictionaries` and `/events`.
  ///
  /// - Returns: Nanoseconds each stream of each simulated rank worked; shape `[ranks * StreamKind.count]`.
  static func write(
    _ result: SimulationResult, into root: borrowing HDF5Group, storage: HDF5Storage,
    _ scales: inout HDF5DimensionScales
  ) throws(HDF5Error) -> [Int64] {
    let trace = result.trace
    let source = SimulatedTimeline(result, title: "")
    let dictionaries = try root.createGroup("dictionaries")
    try dictionaries.writeAxis("event_name", trace.programs.names, DatasetNote("names of events"), &scales)
    var table = try ColumnTable(
      "/events", in: root, dimension: "event", columns: columns, storage: storage, scales: &scales)
    var busy = Array(repeating: Int64(0), count: trace.map.rankCount * StreamKind.count)
    var batch = EventBatch()
    for rank in 0..<trace.map.rankCount {
      let number = Int32(trace.map.globalRanks[rank])
      try source.forEachBatch(ofRank: rank) { tasks throws(HDF5Error) in
        for index in tasks.indices {
          let task = tasks[index]
          busy[rank * StreamKind.count + Int(task.stream.rawValue)] += task.span.end - task.span.start
          batch.append(task, rank: number)
          if batch.count == batchRows { try batch.move(to: &table) }
        }
      }
    }
    try batch.move(to: &table)
    try table.flush()
    return busy
  }
}

/// Some rows of the event table, by column.
private struct EventBatch {
  private var start: [Int64] = []
  private var duration: [Int64] = []
  private var rank: [Int32] = []
  private var stream: [UInt8] = []
  private var kind: [UInt8] = []
  private var name: [Int32] = []
  private var layer: [Int32] = []
  private var microBatch: [Int32] = []
  private var stage: [Int32] = []
  private var peer: [Int32] = []
  private var bytes: [Int64] = []
  private var operations: [Double] = []
  private var group: [Int32] = []
  private var basis: [UInt8] = []
  private var collective: [UInt8] = []
  private var gathering: [Int64] = []
  private var sender: [Int64] = []

  /// Rows.
  var count: Int { start.count }

  mutating func append(_ task: TimelineTask, rank number: Int32) {
    start.append(task.span.start)
    duration.append(task.span.end - task.span.start)
    rank.append(number)
    stream.append(task.stream.rawValue)
    kind.append(task.kind.rawValue)
    name.append(task.name)
    layer.append(task.layer)
    microBatch.append(task.microBatch)
    stage.append(task.virtualStage)
    peer.append(task.peer)
    bytes.append(task.bytes)
    operations.append(task.operations)
    group.append(task.groupSize)
    collective.append(task.collective?.number ?? UInt8(CollectiveKind.fileNames.count - 1))
    gathering.append(task.gathering)
    sender.append(Int64(task.senderRow))
    basis.append(task.basis?.rawValue ?? UInt8(TraceFileTop.costBases.count - 1))
  }

  /// Appends the rows to the table and forgets them.
  mutating func move(to table: inout ColumnTable) throws(HDF5Error) {
    try table.append([
      .int64(start), .int64(duration), .int32(rank), .uint8(stream), .uint8(kind), .int32(name), .int32(layer),
      .int32(microBatch), .int32(stage), .int32(peer), .int64(bytes), .float64(operations), .int32(group),
      .uint8(collective), .int64(gathering), .int64(sender), .uint8(basis),
    ])
    self = EventBatch()
  }
}
