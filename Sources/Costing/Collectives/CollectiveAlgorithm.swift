import Quantities
import Workload

/// A way to run a collective: what it moves and how long it takes when nothing else uses the links.
public protocol CollectiveAlgorithm: Sendable {
  /// Catalogue name, for example `ring`.
  var name: String { get }

  /// Whether switches reduce or copy, so that ranks send less than they would have to among themselves.
  var usesSwitches: Bool { get }

  /// Time from the last rank's arrival to the end on all ranks, or `nil` when the algorithm does not do this pattern on
  /// this spread.
  ///
  /// - Parameters:
  ///   - call: The pattern and the payload by the convention of ``CollectiveCall``.
  ///   - shape: The spread of the group; at least two ranks.
  ///   - fabric: Rates and latencies.
  func duration(_ call: CollectiveCall, over shape: GroupShape, on fabric: Fabric) -> Seconds?

  /// What the call asks of the links with one protocol; `nil` when the algorithm does not do this pattern on this
  /// spread, or not with this protocol.
  func demand(
    _ call: CollectiveCall, over shape: GroupShape, on fabric: Fabric, using choice: CollectiveProtocol
  ) -> FlowDemand?

  /// Bytes each rank sends in the whole call; `nil` where the algorithm does not do this pattern on this spread.
  func bytesSentPerRank(_ call: CollectiveCall, over shape: GroupShape) -> Double?
}

extension CollectiveAlgorithm {
  /// Ranks work alone.
  public var usesSwitches: Bool { false }

  /// The time of the fastest protocol.
  public func duration(_ call: CollectiveCall, over shape: GroupShape, on fabric: Fabric) -> Seconds? {
    fastest(call, over: shape, on: fabric)?.time
  }

  /// The fastest protocol, the first in the order of ``CollectiveProtocol`` among equals.
  public func fastest(
    _ call: CollectiveCall, over shape: GroupShape, on fabric: Fabric
  ) -> (choice: CollectiveProtocol, demand: FlowDemand, time: Seconds)? {
    var best: (choice: CollectiveProtocol, demand: FlowDemand, time: Seconds)?
    for choice in fabric.protocols {
      guard let demand = demand(call, over: shape, on: fabric, using: choice) else { continue }
      let time = fabric.duration(demand)
      if let found = best, found.time <= time { continue }
      best = (choice, demand, time)
    }
    return best
  }
}

/// The algorithms a collective may choose from; the fastest on the group's spread runs, as NCCL's tuner does.
public enum CollectiveCatalog {
  /// Every algorithm, in the order that breaks ties.
  public static let all: [any CollectiveAlgorithm] = [
    RingAlgorithm(), TreeAlgorithm(), HierarchicalAlgorithm(), InSwitchAlgorithm(), InNetworkAlgorithm(),
    PairwiseAlgorithm(), HierarchicalExchangeAlgorithm(), DirectAlgorithm(),
  ]
}
