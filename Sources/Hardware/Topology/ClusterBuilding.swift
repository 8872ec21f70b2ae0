import Quantities

/// Builds the graph of a regular cluster, node by node, then its fabric.
///
/// How latencies are shared out, so that a message pays the latency of the cluster's link once: a slot carries half of
/// its link's latency, because a way between two GPUs has two slots; slots of cards and uplinks add nothing; a direct NVLink carries all, a
/// port of an NVSwitch half; the cable of a network card carries half of what `inter_node` has above the two slots of the
/// way; links between switches add nothing.
struct ClusterBuilding {
  let cluster: Cluster
  let node: NodeLayout
  var builder = TopologyBuilder()
  /// Vertex of each network card: card c of node n at `n * cards + c`.
  private(set) var cards: [Int32] = []
  private let slot: TopologyBuilder.Cable
  private let uplink: TopologyBuilder.Cable
  private let socket: TopologyBuilder.Cable?
  private let device: TopologyBuilder.Cable
  /// The NVSwitch of the current NVLink domain.
  private var crossbar: Int32 = -1

  init(cluster: Cluster, node: NodeLayout) {
    self.cluster = cluster
    self.node = node
    let slotLink = node.links.slot ?? (cluster.topology == .pcie ? cluster.intraNode : cluster.hostLink)
    slot = builder.cable(.pcie, slotLink, latency: 0.5 * slotLink.latency)
    uplink = builder.cable(.pcie, node.links.uplink ?? cluster.hostLink, latency: .zero)
    if let link = node.links.socket {
      socket = builder.cable(.socketInterconnect, link, latency: link.latency)
    } else {
      socket = nil
    }
    let link = node.links.device ?? cluster.intraNode
    device =
      switch node.deviceLinks {
      case .none, .crossbar: builder.cable(.nvswitchPort, link, latency: 0.5 * link.latency)
      case .direct(let pairs):
        builder.cable(
          .nvlink, link, bandwidth: (1 / Double(DevicePair.mostLinks(pairs))) * link.bandwidth, latency: link.latency)
      }
    builder.reserve(
      vertices: cluster.nodes * (4 + node.sockets + node.switchSockets.count + 2 * node.devicePlaces.count),
      cables: cluster.nodes * (4 + 4 * node.devicePlaces.count + 2 * node.cardPlaces.count))
  }

  /// Adds a node: GPUs, switches, sockets, cards and what joins them.
  mutating func addNode(_ index: Int) {
    let devices = add(.gpu, node.devicePlaces.count, to: index)
    let switches = add(.pcieSwitch, node.switchSockets.count, to: index)
    let sockets = add(.socket, node.sockets, to: index)
    let ownCards = add(.networkCard, node.cardPlaces.count, to: index)
    cards += ownCards
    plug(devices, into: node.devicePlaces, sockets, switches, slot)
    var cardSlot = slot
    cardSlot.latency = .zero
    plug(ownCards, into: node.cardPlaces, sockets, switches, cardSlot)
    for (vertex, number) in zip(switches, node.switchSockets) { builder.connect(vertex, sockets[number], uplink) }
    if let socket {
      for (place, first) in sockets.enumerated() {
        for second in sockets[(place + 1)...] { builder.connect(first, second, socket) }
      }
    }
    join(devices, of: index)
  }

  private mutating func plug(
    _ vertices: [Int32], into places: [NodeLayout.Place], _ sockets: [Int32], _ switches: [Int32],
    _ slot: TopologyBuilder.Cable
  ) {
    for (vertex, place) in zip(vertices, places) {
      switch place {
      case .socket(let number): builder.connect(vertex, sockets[number], slot)
      case .pcieSwitch(let number): builder.connect(vertex, switches[number], slot)
      }
    }
  }

  private mutating func add(_ kind: VertexKind, _ count: Int, to index: Int) -> [Int32] {
    (0..<count).map { builder.addVertex(kind, index: $0, node: index) }
  }

  private mutating func join(_ devices: [Int32], of index: Int) {
    switch node.deviceLinks {
    case .none: break
    case .crossbar(let nodes):
      if index % nodes == 0 {
        crossbar = builder.addVertex(
          .nvswitch, index: nodes == 1 ? 0 : index / nodes, node: nodes == 1 ? index : nil)
      }
      for vertex in devices { builder.connect(vertex, crossbar, device) }
    case .direct(let pairs):
      for pair in pairs {
        var cable = device
        cable.bandwidth = Double(pair.bonded) * device.bandwidth
        cable.bonded = pair.bonded
        builder.connect(devices[pair.first], devices[pair.second], cable)
      }
    }
  }

  /// The cable between a card and its switch.
  func cardCable(_ link: LinkSpec) -> TopologyBuilder.Cable {
    let rest = 0.5 * (link.latency - 2 * slot.latency)
    return TopologyBuilder.Cable(
      kind: .networkCard, medium: -1, bandwidth: link.bandwidth, latency: max(.zero, rest))
  }
}

extension TopologyBuilder {
  /// A cable of a kind of link, with its bandwidth unless another is given.
  mutating func cable(
    _ kind: LinkKind, _ link: LinkSpec, bandwidth: Bandwidth? = nil, latency: Seconds
  ) -> Cable {
    Cable(kind: kind, medium: medium(link), bandwidth: bandwidth ?? link.bandwidth, latency: latency)
  }
}
