import Quantities
import Workload

/// One message from each rank to a neighbour.
public struct DirectAlgorithm: CollectiveAlgorithm {
  /// Makes the algorithm.
  public init() {}

  /// `direct`.
  public var name: String { "direct" }

  /// Latency plus bytes over the link's rate; between nodes one rank of each node sends over its own cards.
  public func demand(
    _ call: CollectiveCall, over shape: GroupShape, on fabric: Fabric, using choice: CollectiveProtocol
  ) -> FlowDemand? {
    guard call.kind == .sendReceive, choice != .lowLatency128 else { return nil }
    let isLocal = shape.nodes == 1
    var pattern = TrafficPattern(
      latency: fabric.latency(.ring, choice, inside: isLocal ? 1 : 0, between: isLocal ? 0 : 1))
    if isLocal { pattern.inside = 1 } else { pattern.uplink = 1 }
    return fabric.demand(pattern, payload: call.payload, nodes: shape.nodes, using: choice)
  }

  /// The message.
  public func bytesSentPerRank(_ call: CollectiveCall, over shape: GroupShape) -> Double? {
    call.kind == .sendReceive ? Double(call.payload.count) : nil
  }
}
