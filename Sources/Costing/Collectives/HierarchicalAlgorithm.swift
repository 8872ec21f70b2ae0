import Quantities
import Workload

/// Reduce-scatter inside each node, all-reduce of the shards between nodes on parallel rails, all-gather inside
/// (Jia et al. 2018, arXiv 1807.11205, section 4); chunks travel inside and between nodes at the same time.
public struct HierarchicalAlgorithm: CollectiveAlgorithm {
  /// Makes the algorithm.
  public init() {}

  /// `hierarchical`.
  public var name: String { "hierarchical" }

  /// The slower of the parts, with the first chunk's time in the other; only groups with several ranks on each of
  /// several nodes, evenly spread. Each part is a call of its own with its own start. The rails run rings or trees,
  /// whichever is faster.
  public func demand(
    _ call: CollectiveCall, over shape: GroupShape, on fabric: Fabric, using choice: CollectiveProtocol
  ) -> FlowDemand? {
    guard isEven(shape), let ring = ringRails(call, shape, fabric, choice) else { return nil }
    guard let tree = treeRails(call, shape, fabric, choice) else { return ring }
    let times = (fabric.duration(ring), fabric.duration(tree))
    return times.0 <= times.1 ? ring : tree
  }

  /// What a rank sends inside its node plus what it sends on its rail (by rings).
  public func bytesSentPerRank(_ call: CollectiveCall, over shape: GroupShape) -> Double? {
    guard isEven(shape) else { return nil }
    let payload = Double(call.payload.count)
    let (inside, nodes) = (Double(shape.ranksPerNode), Double(shape.nodes))
    let local = (inside - 1) / inside * payload
    let between = (nodes - 1) / nodes * payload / inside
    return switch call.kind {
    case .allReduce: 2 * (local + between)
    case .allGather, .reduceScatter: local + between
    default: nil
    }
  }

  private func isEven(_ shape: GroupShape) -> Bool {
    shape.nodes > 1 && shape.ranksPerNode > 1 && shape.ranks == shape.nodes * shape.ranksPerNode
  }

  private func ringRails(
    _ call: CollectiveCall, _ shape: GroupShape, _ fabric: Fabric, _ choice: CollectiveProtocol
  ) -> FlowDemand? {
    let passes: Int
    switch call.kind {
    case .allReduce: passes = 2
    case .allGather, .reduceScatter: passes = 1
    default: return nil
    }
    let start = fabric.latency(.ring, choice, inside: 0, between: 0)
    let hops = fabric.latency(
      .ring, choice, inside: passes * (shape.ranksPerNode - 1), between: passes * (shape.nodes - 1))
    let latency = hops + Double(passes) * start
    let between = Double(passes) * Double(shape.nodes - 1) / Double(shape.nodes)
    return demand(call, shape, fabric, choice, passes: passes, between: between, latency: latency)
  }

  private func treeRails(
    _ call: CollectiveCall, _ shape: GroupShape, _ fabric: Fabric, _ choice: CollectiveProtocol
  ) -> FlowDemand? {
    guard call.kind == .allReduce else { return nil }
    let local = fabric.latency(.ring, choice, inside: 2 * (shape.ranksPerNode - 1), between: 0)
    let start = fabric.latency(.ring, choice, inside: 0, between: 0)
    let rails = fabric.latency(.tree, choice, inside: 0, between: 2 * TreeAlgorithm.depth(nodes: shape.nodes))
    let between = shape.nodes == 2 ? 1.0 : 2.0
    return demand(call, shape, fabric, choice, passes: 2, between: between, latency: local + rails + start)
  }

  private func demand(
    _ call: CollectiveCall, _ shape: GroupShape, _ fabric: Fabric, _ choice: CollectiveProtocol, passes: Int,
    between: Double, latency: Seconds
  ) -> FlowDemand {
    let steps = Double(passes) * (Double(shape.ranksPerNode - 1) + fabric.ringCopy / 2)
    let pattern = TrafficPattern(
      latency: latency, inside: steps / Double(shape.ranksPerNode), uplink: between,
      sendersPerNode: shape.ranksPerNode, isPipelined: true)
    return fabric.demand(pattern, payload: call.payload, nodes: shape.nodes, using: choice)
  }
}
