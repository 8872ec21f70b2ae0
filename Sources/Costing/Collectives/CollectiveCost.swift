import Hardware
import Quantities
import Workload

/// How a collective runs and what it costs alone.
public struct CollectiveChoice: Sendable {
  /// The fastest algorithm.
  public let algorithm: any CollectiveAlgorithm
  /// Its fastest protocol.
  public let wireProtocol: CollectiveProtocol
  /// What it asks of the links; its closed form takes ``time``.
  public let demand: FlowDemand
  /// Time from the last rank's arrival to the end on all ranks.
  public let time: Seconds
  /// Whether a measured table decided the time.
  public let isMeasured: Bool
}

/// What a collective costs on a cluster: the best algorithm's closed form, or the cluster's measured table.
public struct CollectiveCost: Sendable {
  /// Rates and latencies.
  public let fabric: Fabric

  /// Prices collectives on a fabric.
  public init(fabric: Fabric) { self.fabric = fabric }

  /// The fastest algorithm and its time; `nil` for a lone rank, which communicates nothing.
  public func best(_ call: CollectiveCall, over shape: GroupShape) -> CollectiveChoice? {
    guard let modelled = modelled(call, over: shape) else { return nil }
    guard let table = fabric.cluster.measuredCollectives,
      let series = table.series(call.kind.tableOperation, ranks: shape.ranks, nodes: shape.nodes)
    else { return modelled }
    let time = series.time(call.payload) { payload in
      self.modelled(CollectiveCall(kind: call.kind, payload: payload), over: shape)?.time ?? .zero
    }
    return CollectiveChoice(
      algorithm: modelled.algorithm, wireProtocol: modelled.wireProtocol,
      demand: modelled.demand.scaled(by: time.value / modelled.time.value), time: time, isMeasured: true)
  }

  /// Time of a collective; zero for a lone rank.
  public func duration(_ call: CollectiveCall, over shape: GroupShape) -> Seconds {
    best(call, over: shape)?.time ?? .zero
  }

  /// Time of one message between two ranks on the same node or on different ones.
  public func messageDuration(_ size: Bytes, crossesNodes: Bool) -> Seconds {
    let shape = GroupShape(ranks: 2, nodes: crossesNodes ? 2 : 1, ranksPerNode: crossesNodes ? 1 : 2)
    return duration(CollectiveCall(kind: .sendReceive, payload: size), over: shape)
  }

  /// The model's fastest algorithm, whatever was measured.
  private func modelled(_ call: CollectiveCall, over shape: GroupShape) -> CollectiveChoice? {
    guard shape.ranks > 1, call.payload > .zero else { return nil }
    var best: CollectiveChoice?
    for algorithm in CollectiveCatalog.all {
      guard let found = algorithm.fastest(call, over: shape, on: fabric) else { continue }
      if let best, best.time <= found.time { continue }
      best = CollectiveChoice(
        algorithm: algorithm, wireProtocol: found.choice, demand: found.demand, time: found.time,
        isMeasured: false)
    }
    return best
  }
}

extension CollectiveKind {
  /// The name of the pattern in measured tables.
  public var tableOperation: CollectiveTable.Operation {
    switch self {
    case .allReduce: .allReduce
    case .allGather: .allGather
    case .reduceScatter: .reduceScatter
    case .allToAll: .allToAll
    case .broadcast: .broadcast
    case .sendReceive: .sendReceive
    }
  }
}
