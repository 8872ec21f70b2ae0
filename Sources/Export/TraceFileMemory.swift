import ClusterSimulation
import HDF5IO
import Quantities

/// The memory of all ranks: every change as a table, curves to plot, peaks.
struct TraceFileMemory {
  /// The highest point of each simulated rank.
  private(set) var peaks: [MemoryPeak] = []
  private let iteration: Int64
  private let starts: [Int64]
  /// Values of the curves, by category; shape `[categories][ranks * intervals]`.
  private var curves: [[Int64]]
  private var totals: [Int64] = []

  static let columns = [
    ColumnDescription("time", .int64, units: "ns", longName: "time, from the start of the iteration"),
    ColumnDescription("rank", .int32, longName: "rank"),
    ColumnDescription("category", .enumeration("/types/memory_category"), longName: "what the memory is used for"),
    ColumnDescription("layer", .int32, longName: "layer of the model", comment: "-1 = none"),
    ColumnDescription("microbatch", .int32, longName: "micro-batch", comment: "-1 = none"),
    ColumnDescription(
      "bytes", .int64, units: "byte", longName: "bytes taken, negative when given back"),
    ColumnDescription("held", .int64, units: "byte", longName: "bytes the rank holds afterwards"),
    ColumnDescription(
      "event", .int64, longName: "row of /events that did it", comment: "-1 = resident from the start"),
  ]

  /// Prepares the curves: at most 512 intervals, fewer with very many ranks, so that memory stays bounded.
  init(iteration: Int64, ranks: Int) {
    self.iteration = iteration
    starts = MemoryEnvelope.grid(iteration: iteration, count: max(8, min(512, (1 << 19) / max(ranks, 1))))
    curves = Array(repeating: [], count: MemoryEnvelope.categoryCount)
  }

  /// Writes `/memory_changes` and learns curves and peaks on the way.
  mutating func writeChanges(
    _ trace: Trace, into root: borrowing HDF5Group, storage: HDF5Storage, _ scales: inout HDF5DimensionScales
  ) throws(HDF5Error) {
    var table = try ColumnTable(
      "/memory_changes", in: root, dimension: "memory_change", columns: Self.columns, storage: storage,
      scales: &scales)
    for rank in 0..<trace.map.rankCount {
      let timeline = MemoryTimeline(trace: trace, simulatedRank: rank)
      learn(timeline)
      try Self.append(timeline, rank: Int32(trace.map.globalRanks[rank]), to: &table)
    }
    try table.flush()
  }

  private mutating func learn(_ timeline: MemoryTimeline) {
    peaks.append(timeline.peak())
    let envelope = MemoryEnvelope(timeline, starts: starts)
    totals += envelope.totals
    for category in MemoryCategory.allCases { curves[Int(category.rawValue)] += envelope.values(of: category) }
  }

  private static func append(
    _ timeline: MemoryTimeline, rank: Int32, to table: inout ColumnTable
  ) throws(HDF5Error) {
    var batch = ChangeBatch(rank: rank)
    for part in timeline.resident { batch.append(part) }
    for change in timeline.changes {
      batch.append(change)
      if batch.count >= TraceFileEvents.batchRows { try batch.move(to: &table) }
    }
    try batch.move(to: &table)
  }

  /// Writes `/memory`: curves, capacity and peaks by category, laid out as NeXus data so that viewers draw them.
  func writeCurves(
    _ result: SimulationResult, into root: borrowing HDF5Group, storage: HDF5Storage,
    _ scales: inout HDF5DimensionScales
  ) throws(HDF5Error) {
    let group = try root.createGroup("memory")
    try writeSignal(into: group)
    try group.writeAxis(
      "time", starts, DatasetNote("start of the interval", units: "ns", comment: "the last ends with the iteration"),
      &scales)
    let axes = [TraceAxis.rank, "/memory/time"]
    let comment = "at the highest instant of the interval"
    let ranks = peaks.count
    try group.write(
      "allocated", totals, rows: ranks, along: axes, storage: storage,
      DatasetNote("memory held", units: "byte", comment: comment), &scales)
    for category in MemoryCategory.allCases {
      try group.write(
        category.name, curves[Int(category.rawValue)], rows: ranks, along: axes, storage: storage,
        DatasetNote("memory held for \(category.name)", units: "byte", comment: comment), &scales)
    }
    try group.write(
      "peak", peaks.flatMap(\.byCategory), rows: ranks, along: [TraceAxis.rank, TraceAxis.category],
      DatasetNote("memory held at the peak", units: "byte"), &scales)
    try group.write(
      "capacity", peaks.map { _ in result.setup.memoryCapacity.count }, along: TraceAxis.rank,
      DatasetNote("memory the rank may use", units: "byte"), &scales)
  }

  private func writeSignal(into group: borrowing HDF5Group) throws(HDF5Error) {
    try group.setAttribute("NX_class", .text("NXdata"))
    try group.setAttribute("signal", .text("allocated"))
    try group.setAttribute("auxiliary_signals", .texts(MemoryCategory.allCases.map(\.name)))
    // The ranks stand at the top of the file, not in this group.
    try group.setAttribute("axes", .texts([".", "time"]))
    try group.setAttribute("title", .text("memory by rank and time"))
  }
}

/// Some changes of one rank, by column.
private struct ChangeBatch {
  let rank: Int32
  private var time: [Int64] = []
  private var category: [UInt8] = []
  private var layer: [Int32] = []
  private var microBatch: [Int32] = []
  private var bytes: [Int64] = []
  private var held: [Int64] = []
  private var event: [Int64] = []
  /// Held after the last row.
  private var sum: Int64 = 0

  init(rank: Int32) { self.rank = rank }

  /// Rows.
  var count: Int { time.count }

  mutating func append(_ part: ResidentMemory) {
    append(part.category, part.layer, part.bytes.count)
    time.append(0)
    microBatch.append(-1)
    event.append(-1)
  }

  mutating func append(_ change: MemoryChange) {
    append(change.category, change.layer, change.bytes)
    time.append(change.time.nanoseconds)
    microBatch.append(change.microBatch)
    event.append(Int64(change.row))
  }

  private mutating func append(_ category: MemoryCategory, _ layer: Int32, _ bytes: Int64) {
    sum += bytes
    self.category.append(category.rawValue)
    self.layer.append(layer)
    self.bytes.append(bytes)
    held.append(sum)
  }

  /// Appends the rows to the table and forgets them.
  mutating func move(to table: inout ColumnTable) throws(HDF5Error) {
    try table.append([
      .int64(time), .int32(Array(repeating: rank, count: count)), .uint8(category), .int32(layer),
      .int32(microBatch), .int64(bytes), .int64(held), .int64(event),
    ])
    let sum = sum
    self = ChangeBatch(rank: rank)
    self.sum = sum
  }
}
