import Quantities
import Workload

/// A way to run a collective: what it moves and how long it takes when nothing else uses the links.
public protocol CollectiveAlgorithm: Sendable {
  /// Catalogue name, for example `ring`.
  var name: String { get }

  /// Time from the last rank's arrival to the end on all ranks, or `nil` when the algorithm does not do this pattern on
  /// this spread.
  ///
  /// - Parameters:
  ///   - call: The pattern and the payload by the convention of ``CollectiveCall``.
  ///   - shape: The spread of the group; at least two ranks.
  ///   - fabric: Rates and latencies.
  func duration(_ call: CollectiveCall, over shape: GroupShape, on fabric: Fabric) -> Seconds?

  /// Bytes each rank sends in the whole call; `nil` where ``duration(_:over:on:)`` is.
  func bytesSentPerRank(_ call: CollectiveCall, over shape: GroupShape) -> Double?
}

/// The algorithms a collective may choose from; the fastest on the group's spread runs, as NCCL's tuner does.
public enum CollectiveCatalog {
  /// Every algorithm, in the order that breaks ties.
  public static let all: [any CollectiveAlgorithm] = [
    RingAlgorithm(), TreeAlgorithm(), HierarchicalAlgorithm(), PairwiseAlgorithm(), DirectAlgorithm(),
  ]
}

/// What a collective costs on a cluster: the best algorithm's closed form.
public struct CollectiveCost: Sendable {
  /// Rates and latencies.
  public let fabric: Fabric

  /// Prices collectives on a fabric.
  public init(fabric: Fabric) { self.fabric = fabric }

  /// The fastest algorithm and its time; `nil` for a lone rank, which communicates nothing.
  public func best(
    _ call: CollectiveCall, over shape: GroupShape
  ) -> (algorithm: any CollectiveAlgorithm, time: Seconds)? {
    guard shape.ranks > 1, call.payload > .zero else { return nil }
    var best: (algorithm: any CollectiveAlgorithm, time: Seconds)?
    for algorithm in CollectiveCatalog.all {
      guard let time = algorithm.duration(call, over: shape, on: fabric) else { continue }
      if let found = best, found.time <= time { continue }
      best = (algorithm, time)
    }
    return best
  }

  /// Time of a collective; zero for a lone rank.
  public func duration(_ call: CollectiveCall, over shape: GroupShape) -> Seconds {
    best(call, over: shape)?.time ?? .zero
  }

  /// Time of one message between two ranks on the same node or on different ones.
  public func messageDuration(_ size: Bytes, crossesNodes: Bool) -> Seconds {
    let shape = GroupShape(ranks: 2, nodes: crossesNodes ? 2 : 1, ranksPerNode: crossesNodes ? 1 : 2)
    return duration(CollectiveCall(kind: .sendReceive, payload: size), over: shape)
  }
}
