import ClusterSimulation
import Costing
import HDF5IO
import Workload

/// The columns of `/events`.
struct TraceFileTasks {
  let starts: [Int64]
  let durations: [Int64]
  private let streams: [StreamKind]
  private let kinds: [TaskKind]
  private let bases: [KernelBasis?]
  private let collectives: [CollectiveKind?]
  private let names: [Int32]
  private let layers: [Int32]
  private let microBatches: [Int32]
  private let stages: [Int32]
  private let peers: [Int32]
  private let groups: [Int32]
  private let bytes: [Int64]
  private let operations: [Double]
  private let senders: [Int64]
  private let gatherings: [Int64]

  /// Reads the columns and checks them against each other.
  ///
  /// - Throws: ``HDF5Error`` for what is missing or impossible.
  init(_ root: borrowing HDF5Group, overview: TimelineOverview) throws(HDF5Error) {
    let group = try root.group("events")
    starts = try group.dataset("start").read()
    durations = try group.dataset("duration").read()
    names = try group.dataset("name").read()
    layers = try group.dataset("layer").read()
    microBatches = try group.dataset("microbatch").read()
    stages = try group.dataset("stage").read()
    peers = try group.dataset("peer").read()
    groups = try group.dataset("group").read()
    bytes = try group.dataset("bytes").read()
    operations = try group.dataset("flops").read()
    senders = try group.dataset("sender").read()
    gatherings = try group.dataset("gathering").read()
    streams = try group.values("stream", StreamKind.allCases, named: \.name)
    kinds = try group.values("kind", TaskKind.allCases, named: \.name)
    bases = try group.values("basis", KernelBasis.allCases.map { $0 } + [nil]) { $0?.name ?? "none" }
    collectives = try group.values("collective", CollectiveKind.allCases.map { $0 } + [nil]) {
      $0?.fileName ?? "none"
    }
    let ranks: [Int32] = try group.dataset("rank").read()
    try checkSizes(ranks.count, group.location)
    try checkValues(ranks, overview: overview, group.location)
  }

  private func checkSizes(_ count: Int, _ location: HDF5Location) throws(HDF5Error) {
    let sizes: [Int] = [
      starts.count, durations.count, names.count, layers.count, microBatches.count, stages.count, peers.count,
      groups.count, bytes.count, operations.count, senders.count, gatherings.count, streams.count, kinds.count,
      bases.count, collectives.count,
    ]
    guard sizes.allSatisfy({ $0 == count }) else { throw location.error("read", "its columns differ in length") }
  }

  private func checkValues(
    _ ranks: [Int32], overview: TimelineOverview, _ location: HDF5Location
  ) throws(HDF5Error) {
    guard overview.ranks.last?.rows.upperBound ?? 0 == starts.count else {
      throw location.error("read", "its rows are not those of /rank_summary/events")
    }
    for rank in overview.ranks {
      guard ranks[rank.rows].allSatisfy({ Int($0) == rank.number }) else {
        throw location.error("read", "its rows are not ordered by rank")
      }
    }
    for row in starts.indices where !isPossible(row, overview) {
      throw location.error("read", "row \(row) holds an impossible value")
    }
  }

  private func isPossible(_ row: Int, _ overview: TimelineOverview) -> Bool {
    let (start, duration, count) = (starts[row], durations[row], Int64(starts.count))
    guard start >= 0, duration >= 0, start <= overview.iteration, duration <= overview.iteration - start else {
      return false
    }
    guard overview.names.indices.contains(Int(names[row])) else { return false }
    guard gatherings[row] >= -1, gatherings[row] < count else { return false }
    let sender = senders[row]
    guard sender >= -1, sender < count else { return false }
    return sender < 0 || kinds[Int(sender)] == .send
  }

  /// The task of a row.
  @inline(__always)
  func task(_ row: Int) -> TimelineTask {
    TimelineTask(
      row: row, span: TimelineSpan(start: starts[row], end: starts[row] + durations[row]), stream: streams[row],
      kind: kinds[row], basis: bases[row], collective: collectives[row], name: names[row], layer: layers[row],
      microBatch: microBatches[row], virtualStage: stages[row], peer: peers[row], groupSize: groups[row],
      bytes: bytes[row], operations: operations[row], senderRow: Int(senders[row]), gathering: gatherings[row])
  }
}

extension HDF5Group {
  /// Reads an enumerated dataset as the values whose names its type has.
  ///
  /// - Throws: ``HDF5Error`` for a number without a name, or with one that is none of ours.
  func values<Value>(
    _ name: String, _ all: [Value], named nameOf: (Value) -> String
  ) throws(HDF5Error) -> [Value] {
    let dataset = try dataset(name)
    guard let labels = try dataset.labels() else { throw dataset.location.error("read", "is no enumeration") }
    var table: [Value?] = Array(repeating: nil, count: 256)
    for label in labels { table[Int(label.value)] = all.first { nameOf($0) == label.name } }
    let numbers: [UInt8] = try dataset.read()
    var values: [Value] = []
    values.reserveCapacity(numbers.count)
    for number in numbers {
      guard let value = table[Int(number)] else { throw dataset.location.error("read", "has no name for \(number)") }
      values.append(value)
    }
    return values
  }

  /// Reads a list of a given length.
  func list<Element: HDF5Scalar>(
    _ name: String, count: Int, _: Element.Type = Element.self
  ) throws(HDF5Error) -> [Element] {
    let dataset = try dataset(name)
    let values: [Element] = try dataset.read()
    guard values.count == count else {
      throw dataset.location.error("read", "holds \(values.count) values; expected \(count)")
    }
    return values
  }
}
