import Quantities
import Workload

/// One message from each rank to a neighbour.
public struct DirectAlgorithm: CollectiveAlgorithm {
  /// Makes the algorithm.
  public init() {}

  /// `direct`.
  public var name: String { "direct" }

  /// Latency plus bytes over the link's rate.
  public func duration(_ call: CollectiveCall, over shape: GroupShape, on fabric: Fabric) -> Seconds? {
    guard call.kind == .sendReceive else { return nil }
    if shape.nodes == 1 { return fabric.intraLatency + call.payload / fabric.intraRate(call.payload) }
    return fabric.interLatency + call.payload / fabric.interRate(call.payload, ranksPerNode: 1)
  }

  /// The message.
  public func bytesSentPerRank(_ call: CollectiveCall, over shape: GroupShape) -> Double? {
    call.kind == .sendReceive ? Double(call.payload.count) : nil
  }
}
