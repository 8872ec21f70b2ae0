import Quantities

/// Measured times of collectives on one kind of machine: for each operation and group, time by size.
public struct CollectiveTable: Hashable, Sendable {
  /// What was measured.
  public enum Operation: String, CaseIterable, Hashable, Sendable {
    case allReduce = "all-reduce"
    case allGather = "all-gather"
    case reduceScatter = "reduce-scatter"
    case allToAll = "all-to-all"
    case broadcast
    case sendReceive = "send-receive"
  }

  /// One measured call.
  public struct Point: Hashable, Sendable {
    /// The full tensor: what each rank holds before an all-reduce or reduce-scatter and after an all-gather or
    /// broadcast, what it sends in an all-to-all, one message of a send-receive; above zero.
    public let payload: Bytes
    /// From the call to the end on all ranks; above zero.
    public let time: Seconds

    /// Records a call.
    public init(payload: Bytes, time: Seconds) {
      self.payload = payload
      self.time = time
    }
  }

  /// The calls of one operation by one group, by increasing size.
  public struct Series: Hashable, Sendable {
    /// What was measured.
    public let operation: Operation
    /// Ranks of the group.
    public let ranks: Int
    /// Nodes they were spread over.
    public let nodes: Int
    /// Calls in strictly increasing size; at least one.
    public let points: [Point]

    /// Adopts measured calls; `nil` when there are none, sizes do not increase, or a size or time is not above zero.
    public init?(operation: Operation, ranks: Int, nodes: Int, points: [Point]) {
      guard ranks > 1, nodes > 0, nodes <= ranks, !points.isEmpty else { return nil }
      guard points.allSatisfy({ $0.payload > .zero && $0.time > .zero }) else { return nil }
      guard zip(points, points.dropFirst()).allSatisfy({ $0.payload < $1.payload }) else { return nil }
      self.operation = operation
      self.ranks = ranks
      self.nodes = nodes
      self.points = points
    }
  }

  /// Catalogue name.
  public let name: String
  /// The measured groups; the first of an operation and group counts.
  public let series: [Series]
  /// Where the times come from.
  public let provenance: Provenance

  /// Collects measured groups.
  public init(name: String, series: [Series], provenance: Provenance) {
    self.name = name
    self.series = series
    self.provenance = provenance
  }

  /// What was measured of an operation by a group of that spread.
  public func series(_ operation: Operation, ranks: Int, nodes: Int) -> Series? {
    series.first { $0.operation == operation && $0.ranks == ranks && $0.nodes == nodes }
  }
}
