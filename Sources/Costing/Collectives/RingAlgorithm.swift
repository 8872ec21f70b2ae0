import Quantities
import Workload

/// One ring through all ranks of the group, neighbours on a node adjacent.
///
/// All-reduce in `2(n-1)` steps of `S/n` bytes, all-gather and reduce-scatter in `n-1`
/// (Patarasuk & Yuan, JPDC 69(2), 2009, doi:10.1016/j.jpdc.2008.09.002); broadcast is a pipelined chain.
public struct RingAlgorithm: CollectiveAlgorithm {
  /// Makes the algorithm.
  public init() {}

  /// `ring`.
  public var name: String { "ring" }

  /// Steps times latency plus bytes over the slowest hop's rate.
  public func duration(_ call: CollectiveCall, over shape: GroupShape, on fabric: Fabric) -> Seconds? {
    guard let sent = bytesSentPerRank(call, over: shape) else { return nil }
    let steps = call.kind == .allReduce ? 2 * (shape.ranks - 1) : shape.ranks - 1
    let crossing = shape.nodes > 1 ? (call.kind == .allReduce ? 2 : 1) * shape.nodes : 0
    let rate = fabric.ringRate(call.payload, shape)
    return fabric.latency(steps: steps, between: crossing) + Seconds(sent / rate.bytesPerSecond)
  }

  /// `2(n-1)/n S`, `(n-1)/n S`, or `S` for a broadcast.
  public func bytesSentPerRank(_ call: CollectiveCall, over shape: GroupShape) -> Double? {
    let others = Double(shape.ranks - 1) / Double(shape.ranks)
    let payload = Double(call.payload.count)
    return switch call.kind {
    case .allReduce: 2 * others * payload
    case .allGather, .reduceScatter: others * payload
    case .broadcast: payload
    case .allToAll, .sendReceive: nil
    }
  }
}
