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

  /// Up and down the tree: `2 (log2(nodes) a_inter + (k-1) a_intra) + 2 S / rate` for an all-reduce, half for a broadcast.
  public func duration(_ call: CollectiveCall, over shape: GroupShape, on fabric: Fabric) -> Seconds? {
    guard shape.nodes > 1, let sent = bytesSentPerRank(call, over: shape) else { return nil }
    let depth = Int.bitWidth - (shape.nodes - 1).leadingZeroBitCount
    let oneWay = Double(depth) * fabric.interLatency + Double(shape.ranksPerNode - 1) * fabric.intraLatency
    let ways = call.kind == .allReduce ? 2.0 : 1.0
    return ways * oneWay + Seconds(sent / fabric.ringRate(call.payload, shape).bytesPerSecond)
  }

  /// `2 S` for an all-reduce, `S` for a broadcast.
  public func bytesSentPerRank(_ call: CollectiveCall, over shape: GroupShape) -> Double? {
    switch call.kind {
    case .allReduce: 2 * Double(call.payload.count)
    case .broadcast: Double(call.payload.count)
    default: nil
    }
  }
}
