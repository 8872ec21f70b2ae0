import Hardware
import Quantities

/// The rates and latencies one group gets from a cluster when every GPU of the cluster communicates at once in groups
/// of the same shape: the network cards of a node are shared evenly by its GPUs.
public struct Fabric: Hashable, Sendable {
  /// The cluster.
  public let cluster: Cluster

  /// Looks at a cluster.
  public init(cluster: Cluster) { self.cluster = cluster }

  /// Time of a demand that has the network to itself.
  public func duration(_ demand: FlowDemand, payload: Bytes) -> Seconds {
    let inside = demand.inside / cluster.intraNode.bandwidth.bytesPerSecond
    let uplink = demand.uplink > 0 ? demand.uplink / uplinkRate(senders: demand.sendersPerNode).bytesPerSecond : 0
    return demand.latency + Seconds(Double(payload.count) * max(inside, uplink))
  }

  /// Rate of the cards of a node that belong to `senders` of its GPUs.
  func uplinkRate(senders: Int) -> Bandwidth {
    guard let link = cluster.interNode else { return cluster.intraNode.bandwidth }
    return (Double(cluster.networkCardsPerNode) * Double(senders) / Double(cluster.devicesPerNode)) * link.bandwidth
  }

  /// How GPUs drive the links; `nil` where links have no fixed costs and one protocol.
  var driver: CollectiveTraits.Driver? { cluster.intraNode.collectives?.driver }

  /// The link between nodes.
  var uplink: LinkSpec { cluster.interNode ?? cluster.intraNode }

  /// Whether the switches inside a node reduce and copy.
  var hasInsideSwitches: Bool {
    cluster.topology == .nvswitch && driver != nil && cluster.intraNode.collectives?.inSwitch != nil
  }

  /// Whether the switches of the network do.
  var hasNetworkSwitches: Bool { cluster.interNode?.collectives?.inSwitch != nil }

  /// The protocols the links allow: the 128-byte one needs NVLink before Hopper.
  var protocols: [CollectiveProtocol] {
    guard let driver else { return [.simple] }
    let isOrdered = cluster.intraNode.collectives?.medium == .nvlink
    let allowsMiddle = isOrdered || driver.generation == .hopper || driver.generation == .blackwell
    return allowsMiddle ? CollectiveProtocol.allCases : [.lowLatency, .simple]
  }

  /// Latency of a call with that many hops, one after the other, inside and between nodes.
  func latency(_ family: LatencyFamily, _ choice: CollectiveProtocol, inside: Int, between: Int) -> Seconds {
    let start = driver.map { $0.callOverhead + ProtocolConstants.base(family, choice) } ?? .zero
    return start + Double(inside) * hop(cluster.intraNode, family, choice) + Double(between)
      * hop(uplink, family, choice)
  }

  /// Latency of `steps` ring steps of which `crossing` leave their node.
  func ringLatency(_ choice: CollectiveProtocol, steps: Int, crossing: Int) -> Seconds {
    let between = min(steps, crossing)
    return latency(.ring, choice, inside: steps - between, between: between)
  }

  /// Extra ring steps of a pass over the buffers, in steps.
  var ringCopy: Double { driver == nil ? 0 : ProtocolConstants.ringCopy }

  private func hop(_ link: LinkSpec, _ family: LatencyFamily, _ choice: CollectiveProtocol) -> Seconds {
    guard driver != nil, let medium = link.collectives?.medium else { return link.latency }
    return ProtocolConstants.hopRatio(family, choice, medium) * link.latency
  }
}

extension Fabric {
  /// What a pattern asks of this fabric's links.
  func demand(
    _ pattern: TrafficPattern, payload: Bytes, nodes: Int, using choice: CollectiveProtocol
  ) -> FlowDemand {
    let bytes = max(1, Double(payload.count))
    let inside = pattern.inside * slowdown(insideOf: pattern, bytes, nodes, choice)
    let uplink = pattern.uplink * slowdown(betweenOf: pattern, bytes, nodes, choice)
    var latency = pattern.latency
    if pattern.isPipelined {
      let chunk = min(bytes, ProtocolConstants.bytesInFlight * Double(driver?.channels ?? 8))
      let first = pattern.inside * slowdown(insideOf: pattern, chunk, nodes, choice)
      let second = pattern.uplink * slowdown(betweenOf: pattern, chunk, nodes, choice)
      let rate = uplinkRate(senders: pattern.sendersPerNode)
      latency =
        latency
        + Seconds(
          chunk * min(first / cluster.intraNode.bandwidth.bytesPerSecond, second / rate.bytesPerSecond))
    }
    return FlowDemand(
      latency: latency, inside: inside, uplink: uplink, spine: pattern.crossesRails ? uplink : 0,
      sendersPerNode: pattern.sendersPerNode)
  }

  private func slowdown(
    insideOf pattern: TrafficPattern, _ bytes: Double, _ nodes: Int, _ choice: CollectiveProtocol
  ) -> Double {
    let link = cluster.intraNode
    if pattern.switchedInside, let curve = link.collectives?.inSwitch { return curve.occupiedSize(bytes) / bytes }
    return slowdown(link, rate: link.bandwidth, bytes, nodes, choice)
  }

  private func slowdown(
    betweenOf pattern: TrafficPattern, _ bytes: Double, _ nodes: Int, _ choice: CollectiveProtocol
  ) -> Double {
    guard pattern.uplink > 0 else { return 0 }
    if pattern.switchedBetween, let curve = uplink.collectives?.inSwitch { return curve.occupiedSize(bytes) / bytes }
    return slowdown(uplink, rate: uplinkRate(senders: pattern.sendersPerNode), bytes, nodes, choice)
  }

  /// The full rate over the rate a protocol reaches for a payload of `bytes`.
  private func slowdown(
    _ link: LinkSpec, rate: Bandwidth, _ bytes: Double, _ nodes: Int, _ choice: CollectiveProtocol
  ) -> Double {
    guard let driver else { return link.efficiency.occupiedSize(bytes) / bytes }
    let plateau = link.efficiency.points.map(\.fraction).max() ?? 1
    let channels = Double(driver.channels)
    let spread = max(bytes, min(bytes, ProtocolConstants.bytesPerChannel(choice)) * channels) / bytes
    let fraction = ProtocolConstants.dataFraction(choice)
    switch choice {
    case .simple: return max(link.efficiency.occupiedSize(bytes) / bytes, spread / plateau)
    case .lowLatency:
      let cap = ProtocolConstants.lowLatencyCap(driver.generation, nodes: nodes)
      return spread * max(1 / plateau, rate.bytesPerSecond / cap.bytesPerSecond) / fraction
    case .lowLatency128:
      let cap = channels * ProtocolConstants.lowLatency128Cap(driver.generation)
      return spread * max(1 / (plateau * fraction), rate.bytesPerSecond / cap.bytesPerSecond)
    }
  }
}
