import Quantities
import Workload

/// All-to-all as direct messages between all pairs; what stays on the node and what leaves it move at the same time.
public struct PairwiseAlgorithm: CollectiveAlgorithm {
  /// Makes the algorithm.
  public init() {}

  /// `pairwise`.
  public var name: String { "pairwise" }

  /// `n-1` message starts plus the slower of the two shares: `(k-1)/n S` inside, `(n-k)/n S` of each rank between nodes.
  public func demand(
    _ call: CollectiveCall, over shape: GroupShape, on fabric: Fabric, using choice: CollectiveProtocol
  ) -> FlowDemand? {
    guard call.kind == .allToAll, choice != .lowLatency128 else { return nil }
    let ranks = Double(shape.ranks)
    let outside = shape.ranks - shape.ranksPerNode
    let starts = fabric.latency(.ring, .lowLatency, inside: shape.ranksPerNode - 1, between: outside)
    let own = fabric.latency(.ring, choice, inside: 0, between: 0)
    var pattern = TrafficPattern(latency: starts - fabric.latency(.ring, .lowLatency, inside: 0, between: 0) + own)
    pattern.inside = Double(shape.ranksPerNode - 1) / ranks
    pattern.uplink = Double(shape.ranksPerNode) * Double(outside) / ranks
    pattern.sendersPerNode = shape.ranksPerNode
    pattern.crossesRails = shape.ranksPerNode > 1
    return fabric.demand(pattern, payload: call.payload, nodes: shape.nodes, using: choice)
  }

  /// `(n-1)/n S`.
  public func bytesSentPerRank(_ call: CollectiveCall, over shape: GroupShape) -> Double? {
    guard call.kind == .allToAll else { return nil }
    return Double(shape.ranks - 1) / Double(shape.ranks) * Double(call.payload.count)
  }
}
