import Costing
import Hardware
import Quantities
import Workload

/// What every collective algorithm has to keep on one spread; an empty list when it does.
///
/// Times are positive; more bytes, a slower link or more latency never make a call faster; times and bytes are given for
/// the same calls; no rank sends less than the pattern needs: `(n-1)/n S` for a reduce-scatter, an all-gather and an
/// all-to-all, twice that for an all-reduce (less where switches work), `S` for a message, at least some rank `S` for a
/// broadcast.
public func collectiveConformanceProblems(
  _ algorithm: any CollectiveAlgorithm, over shape: GroupShape, cluster: Cluster
) -> [String] {
  CollectiveKind.allCases.flatMap { kind in
    problems(algorithm, kind, shape, cluster).map { "\(algorithm.name) \(kind.rawValue) over \(shape): \($0)" }
  }
}

private func problems(
  _ algorithm: any CollectiveAlgorithm, _ kind: CollectiveKind, _ shape: GroupShape, _ cluster: Cluster
) -> [String] {
  let call = CollectiveCall(kind: kind, payload: .mebibytes(16))
  let fabric = Fabric(cluster: cluster)
  guard let time = algorithm.duration(call, over: shape, on: fabric) else { return [] }
  var found: [String] = []
  if !(time.value > 0 && time.value.isFinite) { found.append("takes \(time.value) s") }
  var previous = Seconds.zero
  for size in denseSizes {
    let call = CollectiveCall(kind: kind, payload: Bytes(size))
    let next = algorithm.duration(call, over: shape, on: fabric) ?? .zero
    if next < previous { found.append("\(size) bytes take less time than fewer") }
    previous = next
  }
  for slower in [cluster.withLinks(rateFactor: 0.5), cluster.withLinks(latencyFactor: 2)] {
    if (algorithm.duration(call, over: shape, on: Fabric(cluster: slower)) ?? .zero) < time {
      found.append("slower links make it faster")
    }
  }
  guard let sent = algorithm.bytesSentPerRank(call, over: shape) else { return found + ["has a time but no bytes"] }
  let least = leastBytes(call, ranks: shape.ranks, switchesWork: algorithm.usesSwitches)
  if sent < 0.999_999 * least { found.append("sends \(sent) bytes per rank") }
  return found
}

/// Sizes from one byte to 16 GiB, each at most 7 % above the one before: every switch of protocol lies between two.
public let denseSizes: [Int64] = {
  var sizes: [Int64] = [1]
  var size: Int64 = 1
  while size < 17_179_869_184 {
    size = max(size + 1, size * 107 / 100)
    sizes.append(size)
  }
  return sizes
}()

/// The least a rank has to send (a broadcast's ranks on average). A switch that reduces takes one copy of the payload,
/// one that copies takes one copy of the own part.
private func leastBytes(_ call: CollectiveCall, ranks: Int, switchesWork: Bool) -> Double {
  let own = Double(call.payload.count) / Double(ranks)
  let others = Double(call.payload.count) - own
  return switch call.kind {
  case .allReduce where switchesWork: others
  case .allGather where switchesWork: own
  case .allReduce: 2 * others
  case .allGather, .reduceScatter, .allToAll, .broadcast: others
  case .sendReceive: Double(call.payload.count)
  }
}

extension Cluster {
  /// The same cluster with other links.
  public func withLinks(rateFactor: Double = 1, latencyFactor: Double = 1) -> Cluster {
    func scaled(_ link: LinkSpec) -> LinkSpec {
      LinkSpec(
        name: link.name, bandwidth: rateFactor * link.bandwidth, latency: latencyFactor * link.latency,
        efficiency: link.efficiency, collectives: link.collectives, provenance: link.provenance)
    }
    return Cluster(
      name: name, device: device, devicesPerNode: devicesPerNode, nodes: nodes, topology: topology,
      intraNode: scaled(intraNode), interNode: interNode.map(scaled), networkCardsPerNode: networkCardsPerNode,
      hostLink: hostLink)
  }
}
