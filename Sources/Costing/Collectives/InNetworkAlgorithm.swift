import Quantities
import Workload

/// Switches of the network reduce (SHARP, CollNet of NCCL): each node sends its sum once and gets the result once,
/// whatever the number of nodes; inside, switches or rings. Only where the network link says so.
public struct InNetworkAlgorithm: CollectiveAlgorithm {
  /// Makes the algorithm.
  public init() {}

  /// `in-network`.
  public var name: String { "in-network" }

  /// The switches work.
  public var usesSwitches: Bool { true }

  /// One trip to the switches plus `S` per node over the rate they reach; the part inside the nodes pipelined with it.
  public func demand(
    _ call: CollectiveCall, over shape: GroupShape, on fabric: Fabric, using choice: CollectiveProtocol
  ) -> FlowDemand? {
    guard choice == .simple, fabric.hasNetworkSwitches, bytesSentPerRank(call, over: shape) != nil else { return nil }
    let local = shape.ranksPerNode
    var pattern = TrafficPattern(latency: fabric.latency(.network, choice, inside: min(2, local - 1), between: 1))
    if local > 1 {
      let isSwitched = fabric.hasInsideSwitches
      pattern.inside = isSwitched ? 1 : (2 * Double(local - 1) + fabric.ringCopy) / Double(local)
      pattern.switchedInside = isSwitched
    }
    pattern.uplink = 1
    pattern.sendersPerNode = local
    pattern.switchedBetween = true
    pattern.isPipelined = local > 1
    return fabric.demand(pattern, payload: call.payload, nodes: shape.nodes, using: choice)
  }

  /// Up to `2(k-1)/k S` inside the node and the rank's part of `S` into the network.
  public func bytesSentPerRank(_ call: CollectiveCall, over shape: GroupShape) -> Double? {
    guard call.kind == .allReduce, shape.nodes > 1, shape.ranks == shape.nodes * shape.ranksPerNode else { return nil }
    let local = Double(shape.ranksPerNode)
    return Double(call.payload.count) * (2 * (local - 1) + 1) / local
  }
}
