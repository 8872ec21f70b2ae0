import Quantities
import Workload

/// Switches inside a node reduce and copy (NVLink SHARP, third-generation NVSwitch and later): every GPU sends its
/// payload once and gets the result once; a tree over the nodes joins several (NVLS and NVLS tree of NCCL).
///
/// All-reduce, all-gather and reduce-scatter on one node, all-reduce on several, where the hardware has it.
public struct InSwitchAlgorithm: CollectiveAlgorithm {
  /// Makes the algorithm.
  public init() {}

  /// `in-switch`.
  public var name: String { "in-switch" }

  /// The switches work.
  public var usesSwitches: Bool { true }

  /// One trip to the switches plus `S` over the rate they reach; between nodes as a tree, pipelined.
  public func demand(
    _ call: CollectiveCall, over shape: GroupShape, on fabric: Fabric, using choice: CollectiveProtocol
  ) -> FlowDemand? {
    guard choice == .simple, fabric.hasInsideSwitches, bytesSentPerRank(call, over: shape) != nil else { return nil }
    let isAlone = shape.nodes == 1
    let depth = isAlone ? 0 : 2 * TreeAlgorithm.depth(nodes: shape.nodes)
    var pattern = TrafficPattern(
      latency: fabric.latency(isAlone ? .switched : .switchedTree, choice, inside: 1, between: depth))
    pattern.inside = 1
    pattern.switchedInside = true
    if !isAlone {
      pattern.uplink = shape.nodes == 2 ? 1 : 2
      pattern.sendersPerNode = shape.ranksPerNode
      pattern.isPipelined = true
    }
    return fabric.demand(pattern, payload: call.payload, nodes: shape.nodes, using: choice)
  }

  /// `S` into the switches for an all-reduce or reduce-scatter, the own part for an all-gather; on several nodes also
  /// the rank's part of the trees.
  public func bytesSentPerRank(_ call: CollectiveCall, over shape: GroupShape) -> Double? {
    guard shape.ranksPerNode > 1, shape.ranks == shape.nodes * shape.ranksPerNode else { return nil }
    let payload = Double(call.payload.count)
    switch call.kind {
    case .allReduce:
      let trees = shape.nodes == 1 ? 0.0 : shape.nodes == 2 ? 1 : 2
      return payload * (1 + trees / Double(shape.ranksPerNode))
    case .allGather where shape.nodes == 1: return payload / Double(shape.ranks)
    case .reduceScatter where shape.nodes == 1: return payload
    default: return nil
    }
  }
}
