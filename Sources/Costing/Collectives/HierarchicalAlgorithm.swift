import Quantities
import Workload

/// Reduce-scatter inside each node, all-reduce of the shards between nodes on parallel rails, all-gather inside
/// (Jia et al. 2018, arXiv 1807.11205, section 4); the parts one after the other.
public struct HierarchicalAlgorithm: CollectiveAlgorithm {
  /// Makes the algorithm.
  public init() {}

  /// `hierarchical`.
  public var name: String { "hierarchical" }

  /// The sum of the parts; only groups with several ranks on each of several nodes, evenly spread.
  public func duration(_ call: CollectiveCall, over shape: GroupShape, on fabric: Fabric) -> Seconds? {
    guard bytesSentPerRank(call, over: shape) != nil else { return nil }
    let inside = GroupShape(ranks: shape.ranksPerNode, nodes: 1, ranksPerNode: shape.ranksPerNode)
    let local = Double(shape.ranksPerNode - 1) / Double(shape.ranksPerNode) * Double(call.payload.count)
    let localTime =
      fabric.latency(steps: inside.ranks - 1, between: 0)
      + Seconds(local / fabric.intraRate(call.payload).bytesPerSecond)
    guard let rail = railTime(call, shape, fabric) else { return nil }
    return call.kind == .allReduce ? 2 * localTime + rail : localTime + rail
  }

  /// What a rank sends inside its node plus what it sends on its rail.
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

  /// The part between nodes: each rank's rail moves `payload / ranksPerNode`.
  private func railTime(_ call: CollectiveCall, _ shape: GroupShape, _ fabric: Fabric) -> Seconds? {
    let share = Bytes(call.payload.count / Int64(shape.ranksPerNode))
    let rail = GroupShape(ranks: shape.nodes, nodes: shape.nodes, ranksPerNode: 1)
    let part = CollectiveCall(kind: call.kind, payload: share)
    let ring = RingAlgorithm().duration(part, over: rail, on: fabric)
    let tree = TreeAlgorithm().duration(part, over: rail, on: fabric)
    guard let ring else { return tree }
    guard let tree else { return ring }
    return min(ring, tree)
  }
}
