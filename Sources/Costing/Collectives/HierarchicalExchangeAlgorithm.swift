import Quantities
import Workload

/// All-to-all in two stages: inside the node every rank gives its neighbours what belongs on their rails, then each
/// rail exchanges between the nodes: fewer, larger messages, and none that leaves its rail.
public struct HierarchicalExchangeAlgorithm: CollectiveAlgorithm {
  /// Makes the algorithm.
  public init() {}

  /// `hierarchical-exchange`.
  public var name: String { "hierarchical-exchange" }

  /// `k-1` and `m-1` message starts plus the slower of `(k-1)/k S` inside and `(m-1)/m S` of each rank between nodes,
  /// pipelined; only groups with several ranks on each of several nodes, evenly spread. Each stage is a call.
  public func demand(
    _ call: CollectiveCall, over shape: GroupShape, on fabric: Fabric, using choice: CollectiveProtocol
  ) -> FlowDemand? {
    guard choice != .lowLatency128, bytesSentPerRank(call, over: shape) != nil else { return nil }
    let (local, nodes) = (Double(shape.ranksPerNode), Double(shape.nodes))
    let start = fabric.latency(.ring, choice, inside: 0, between: 0)
    let pattern = TrafficPattern(
      latency: start + fabric.latency(.ring, choice, inside: shape.ranksPerNode - 1, between: shape.nodes - 1),
      inside: (local - 1) / local, uplink: local * (nodes - 1) / nodes, sendersPerNode: shape.ranksPerNode,
      isPipelined: true)
    return fabric.demand(pattern, payload: call.payload, nodes: shape.nodes, using: choice)
  }

  /// `(k-1)/k S + (m-1)/m S`.
  public func bytesSentPerRank(_ call: CollectiveCall, over shape: GroupShape) -> Double? {
    guard call.kind == .allToAll, shape.nodes > 1, shape.ranksPerNode > 1,
      shape.ranks == shape.nodes * shape.ranksPerNode
    else { return nil }
    let (local, nodes) = (Double(shape.ranksPerNode), Double(shape.nodes))
    return Double(call.payload.count) * ((local - 1) / local + (nodes - 1) / nodes)
  }
}
