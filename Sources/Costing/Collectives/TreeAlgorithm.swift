import Quantities
import Workload

/// A double binary tree over the nodes with a chain inside each node, for all-reduce and broadcast: half the data goes
/// down each of two complementary trees, so that the full rate is used and the latency grows with the logarithm
/// (Sanders, Speck, Traeff, Parallel Computing 35(12), 2009).
public struct TreeAlgorithm: CollectiveAlgorithm {
  /// Makes the algorithm.
  public init() {}

  /// `tree`.
  public var name: String { "tree" }

  /// Up and down the tree: `2 (log2(nodes) a_inter + (k-1) a_intra)` for an all-reduce, half for a broadcast.
  ///
  /// A node that is inner in one tree is a leaf in the other: it sends half of the data up in each and to two children
  /// in one, `2 S` in all, or `S` down for a broadcast. Of two nodes each is the root of one tree: `S`.
  public func demand(
    _ call: CollectiveCall, over shape: GroupShape, on fabric: Fabric, using choice: CollectiveProtocol
  ) -> FlowDemand? {
    guard shape.nodes > 1, let sent = share(call.kind) else { return nil }
    let ways = call.kind == .allReduce ? 2 : 1
    let latency = fabric.latency(
      .tree, choice, inside: ways * (shape.ranksPerNode - 1), between: ways * Self.depth(nodes: shape.nodes))
    var pattern = TrafficPattern(latency: latency)
    if shape.ranksPerNode > 1 { pattern.inside = sent }
    pattern.uplink = shape.nodes == 2 ? 1 : sent
    pattern.sendersPerNode = shape.ranksPerNode
    return fabric.demand(pattern, payload: call.payload, nodes: shape.nodes, using: choice)
  }

  /// `2 S` for an all-reduce, `S` for a broadcast.
  public func bytesSentPerRank(_ call: CollectiveCall, over shape: GroupShape) -> Double? {
    share(call.kind).map { $0 * Double(call.payload.count) }
  }

  private func share(_ kind: CollectiveKind) -> Double? {
    switch kind {
    case .allReduce: 2
    case .broadcast: 1
    default: nil
    }
  }

  /// Levels of a binary tree over the nodes, rounded up.
  static func depth(nodes: Int) -> Int { Int.bitWidth - (nodes - 1).leadingZeroBitCount }
}
