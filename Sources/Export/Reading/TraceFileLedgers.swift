import ClusterSimulation
import HDF5IO
import Quantities

/// The memory ledgers of a trace file.
enum TraceFileLedgers {
  /// The columns of `/memory_changes`.
  private struct Columns {
    let times: [Int64]
    let ranks: [Int32]
    let categories: [MemoryCategory]
    let layers: [Int32]
    let microBatches: [Int32]
    let bytes: [Int64]
    let events: [Int64]
  }

  /// Reads one ledger per simulated rank.
  ///
  /// - Throws: ``HDF5Error`` for what is missing or impossible.
  static func read(
    _ root: borrowing HDF5Group, overview: TimelineOverview
  ) throws(HDF5Error) -> [MemoryTimeline] {
    let group = try root.group("memory_changes")
    let times: [Int64] = try group.dataset("time").read()
    let columns = Columns(
      times: times, ranks: try group.list("rank", count: times.count),
      categories: try group.values("category", MemoryCategory.allCases, named: \.name),
      layers: try group.list("layer", count: times.count),
      microBatches: try group.list("microbatch", count: times.count),
      bytes: try group.list("bytes", count: times.count), events: try group.list("event", count: times.count))
    guard columns.categories.count == times.count else {
      throw group.location.error("read", "its columns differ in length")
    }
    var ledgers: [MemoryTimeline] = []
    var row = 0
    for rank in overview.ranks {
      let first = row
      while row < times.count, Int(columns.ranks[row]) == rank.number { row += 1 }
      ledgers.append(try ledger(columns, first..<row, of: rank, iteration: overview.iteration, group.location))
    }
    guard row == times.count else { throw group.location.error("read", "its rows are not ordered by rank") }
    return ledgers
  }

  private static func ledger(
    _ columns: Columns, _ rows: Range<Int>, of rank: TimelineOverview.Rank, iteration: Int64, _ location: HDF5Location
  ) throws(HDF5Error) -> MemoryTimeline {
    var resident: [ResidentMemory] = []
    var changes: [MemoryChange] = []
    // Sums of any of the changes stay in range when that of all magnitudes does.
    var (last, sum) = (Int64(0), UInt64(0))
    for row in rows {
      let (time, bytes, event) = (columns.times[row], columns.bytes[row], columns.events[row])
      let (total, overflow) = sum.addingReportingOverflow(bytes.magnitude)
      guard time >= last, time <= iteration, !overflow, total < 1 << 60 else {
        throw location.error("read", "row \(row) holds an impossible value")
      }
      (last, sum) = (time, total)
      if event < 0, changes.isEmpty, bytes >= 0 {
        resident.append(
          ResidentMemory(category: columns.categories[row], layer: columns.layers[row], bytes: Bytes(bytes)))
        continue
      }
      guard event >= 0, event < Int64.max, rank.rows.contains(Int(event)) else {
        throw location.error("read", "row \(row) names a task of another rank")
      }
      changes.append(
        MemoryChange(
          time: SimTime(nanoseconds: time), category: columns.categories[row], layer: columns.layers[row],
          microBatch: columns.microBatches[row], bytes: bytes, row: Int(event)))
    }
    return MemoryTimeline(resident: resident, changes: changes)
  }
}
