import Hardware
import Quantities

/// The rates and latencies one group gets from a cluster when every GPU of the cluster communicates at once in groups
/// of the same shape: the network cards of a node are shared evenly by its GPUs.
public struct Fabric: Hashable, Sendable {
  /// The cluster.
  public let cluster: Cluster

  /// Looks at a cluster.
  public init(cluster: Cluster) { self.cluster = cluster }

  /// Rate of one GPU inside its node for messages of `size`.
  func intraRate(_ size: Bytes) -> Bandwidth {
    cluster.intraNode.efficiency.fraction(at: Double(size.count)) * cluster.intraNode.bandwidth
  }

  /// Rate at which `ranksPerNode` GPUs of a node together reach other nodes: their share of the node's cards.
  func interRate(_ size: Bytes, ranksPerNode: Int) -> Bandwidth {
    guard let link = cluster.interNode else { return intraRate(size) }
    let share = Double(cluster.networkCardsPerNode) * Double(ranksPerNode) / Double(cluster.devicesPerNode)
    return (share * link.efficiency.fraction(at: Double(size.count))) * link.bandwidth
  }

  /// Rate of the slowest hop of a ring through the whole group.
  func ringRate(_ size: Bytes, _ shape: GroupShape) -> Bandwidth {
    guard shape.nodes > 1 else { return intraRate(size) }
    let inter = interRate(size, ranksPerNode: shape.ranksPerNode)
    return shape.ranksPerNode > 1 ? min(intraRate(size), inter) : inter
  }

  /// Latency of a hop inside a node.
  var intraLatency: Seconds { cluster.intraNode.latency }

  /// Latency of a hop between nodes.
  var interLatency: Seconds { cluster.interNode?.latency ?? cluster.intraNode.latency }

  /// Latency of `steps` ring steps of which `between` cross nodes.
  func latency(steps: Int, between: Int) -> Seconds {
    let crossing = min(steps, between)
    return Double(steps - crossing) * intraLatency + Double(crossing) * interLatency
  }
}
