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
  public func duration(_ demand: FlowDemand) -> Seconds {
    let inside = demand.inside / cluster.intraNode.bandwidth.bytesPerSecond
    let uplink = demand.uplink > 0 ? demand.uplink / uplinkRate(senders: demand.sendersPerNode).bytesPerSecond : 0
    return demand.latency + Seconds(max(inside, uplink))
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
    let load = load(of: pattern, bytes: Double(payload.count), nodes, choice)
    var latency = pattern.latency
    if pattern.isPipelined {
      let chunk = min(Double(payload.count), ProtocolConstants.bytesInFlight * Double(driver?.channels ?? 8))
      let first = self.load(of: pattern, bytes: chunk, nodes, choice)
      let inside = first.inside / cluster.intraNode.bandwidth.bytesPerSecond
      let uplink = first.uplink / uplinkRate(senders: pattern.sendersPerNode).bytesPerSecond
      latency = latency + Seconds(min(inside, uplink))
    }
    return FlowDemand(
      latency: latency, inside: load.inside, uplink: load.uplink, spine: pattern.crossesRails ? load.uplink : 0,
      sendersPerNode: pattern.sendersPerNode)
  }

  /// What the links carry for a payload of `bytes`, enlarged to what they could carry in the same time.
  private func load(
    of pattern: TrafficPattern, bytes: Double, _ nodes: Int, _ choice: CollectiveProtocol
  ) -> (inside: Double, uplink: Double) {
    var inside = 0.0
    var between = 0.0
    if pattern.inside > 0 {
      let link = cluster.intraNode
      let curve = pattern.switchedInside ? link.collectives?.inSwitch : nil
      inside = curve?.occupiedSize(bytes) ?? occupied(link, rate: link.bandwidth, bytes, 1, choice)
    }
    if pattern.uplink > 0 {
      let curve = pattern.switchedBetween ? uplink.collectives?.inSwitch : nil
      let rate = uplinkRate(senders: pattern.sendersPerNode)
      between = curve?.occupiedSize(bytes) ?? occupied(uplink, rate: rate, bytes, nodes, choice)
    }
    return (pattern.inside * inside, pattern.uplink * between)
  }

  /// Bytes a link of that rate could carry in the time it takes for `bytes` with a protocol.
  private func occupied(
    _ link: LinkSpec, rate: Bandwidth, _ bytes: Double, _ nodes: Int, _ choice: CollectiveProtocol
  ) -> Double {
    guard let driver else { return link.efficiency.occupiedSize(bytes) }
    let plateau = link.efficiency.points.map(\.fraction).max() ?? 1
    let channels = Double(driver.channels)
    let spread = max(bytes, min(bytes, ProtocolConstants.bytesPerChannel(choice)) * channels)
    let fraction = ProtocolConstants.dataFraction(choice)
    switch choice {
    case .simple: return max(link.efficiency.occupiedSize(bytes), spread / plateau)
    case .lowLatency:
      let cap = ProtocolConstants.lowLatencyCap(driver.generation, nodes: nodes)
      return spread * (max(1 / plateau, rate.bytesPerSecond / cap.bytesPerSecond) / fraction)
    case .lowLatency128:
      let cap = channels * ProtocolConstants.lowLatency128Cap(driver.generation)
      return spread * max(1 / (plateau * fraction), rate.bytesPerSecond / cap.bytesPerSecond)
    }
  }
}
