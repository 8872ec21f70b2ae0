import Quantities
import Workload

/// All-to-all as direct messages between all pairs; what stays on the node and what leaves it move at the same time.
public struct PairwiseAlgorithm: CollectiveAlgorithm {
  /// Makes the algorithm.
  public init() {}

  /// `pairwise`.
  public var name: String { "pairwise" }

  /// `n-1` message starts plus the slower of the two shares: `(k-1)/n S` inside, `(n-k)/n S` between nodes.
  public func duration(_ call: CollectiveCall, over shape: GroupShape, on fabric: Fabric) -> Seconds? {
    guard call.kind == .allToAll else { return nil }
    let payload = Double(call.payload.count)
    let message = Bytes(max(1, call.payload.count / Int64(shape.ranks)))
    let inside = Double(shape.ranksPerNode - 1) / Double(shape.ranks) * payload
    let outside = Double(shape.ranks - shape.ranksPerNode) / Double(shape.ranks) * payload
    let insideTime = Seconds(inside / fabric.intraRate(message).bytesPerSecond)
    let outsideTime = Seconds(outside / fabric.interRate(message, ranksPerNode: 1).bytesPerSecond)
    let starts = fabric.latency(steps: shape.ranks - 1, between: shape.ranks - shape.ranksPerNode)
    return starts + max(insideTime, outside > 0 ? outsideTime : .zero)
  }

  /// `(n-1)/n S`.
  public func bytesSentPerRank(_ call: CollectiveCall, over shape: GroupShape) -> Double? {
    guard call.kind == .allToAll else { return nil }
    return Double(shape.ranks - 1) / Double(shape.ranks) * Double(call.payload.count)
  }
}
