import Quantities
import Workload

/// Rings through all ranks of the group, neighbours on a node adjacent, one ring for each channel.
///
/// All-reduce in `2(n-1)` steps of `S/n` bytes, all-gather and reduce-scatter in `n-1`
/// (Patarasuk & Yuan, JPDC 69(2), 2009, doi:10.1016/j.jpdc.2008.09.002); broadcast is a pipelined chain.
public struct RingAlgorithm: CollectiveAlgorithm {
  /// Makes the algorithm.
  public init() {}

  /// `ring`.
  public var name: String { "ring" }

  /// Steps times latency plus bytes over the slowest hop's rate; on links with fixed costs every pass over the buffers
  /// also copies a share of a chunk inside the GPU.
  public func demand(
    _ call: CollectiveCall, over shape: GroupShape, on fabric: Fabric, using choice: CollectiveProtocol
  ) -> FlowDemand? {
    guard let share = share(call.kind, ranks: shape.ranks) else { return nil }
    let passes = call.kind == .allReduce ? 2 : 1
    let steps = passes * (shape.ranks - 1)
    let latency = fabric.ringLatency(choice, steps: steps, crossing: shape.nodes > 1 ? passes * shape.nodes : 0)
    let copies = call.kind == .broadcast ? 0 : Double(passes) / 2 * fabric.ringCopy / Double(shape.ranks)
    var pattern = TrafficPattern(latency: latency)
    if shape.ranksPerNode > 1 { pattern.inside = share + copies }
    if shape.nodes > 1 { pattern.uplink = share + copies }
    pattern.sendersPerNode = shape.ranksPerNode
    return fabric.demand(pattern, payload: call.payload, nodes: shape.nodes, using: choice)
  }

  /// `2(n-1)/n S`, `(n-1)/n S`, or `S` for a broadcast.
  public func bytesSentPerRank(_ call: CollectiveCall, over shape: GroupShape) -> Double? {
    share(call.kind, ranks: shape.ranks).map { $0 * Double(call.payload.count) }
  }

  /// Bytes each rank sends per byte of payload.
  private func share(_ kind: CollectiveKind, ranks: Int) -> Double? {
    let others = Double(ranks - 1) / Double(ranks)
    return switch kind {
    case .allReduce: 2 * others
    case .allGather, .reduceScatter: others
    case .broadcast: 1
    case .allToAll, .sendReceive: nil
    }
  }
}
