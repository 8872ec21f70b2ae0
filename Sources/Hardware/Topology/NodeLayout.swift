import Quantities

/// Where the parts of a node sit and what joins them.
///
/// Links that are not given are those of the cluster: `host_link` for slots and uplinks (`intra_node` for the slots of a
/// cluster of topology `pcie`), `intra_node` for the NVLinks of a GPU.
public struct NodeLayout: Hashable, Sendable {
  /// What a GPU or a network card plugs into.
  public enum Place: Hashable, Sendable {
    /// A root port of its own on a socket.
    case socket(Int)
    /// A PCIe switch.
    case pcieSwitch(Int)
  }

  /// Links between GPUs beside PCIe.
  public enum DeviceLinks: Hashable, Sendable {
    /// None.
    case none
    /// Every GPU has all its links on one NVSwitch, which spans a number of neighbouring nodes (18 in an NVL72).
    case crossbar(nodes: Int)
    /// Links between some pairs.
    case direct([DevicePair])
  }

  /// The links that differ from the cluster's.
  public struct Links: Hashable, Sendable {
    /// Between a GPU or a card and what it plugs into.
    public var slot: LinkSpec?
    /// Between a PCIe switch and its socket.
    public var uplink: LinkSpec?
    /// Between two sockets; every pair of sockets has one.
    public var socket: LinkSpec?
    /// NVLinks of one GPU, all together.
    public var device: LinkSpec?

    /// Names the links that differ.
    public init(
      slot: LinkSpec? = nil, uplink: LinkSpec? = nil, socket: LinkSpec? = nil, device: LinkSpec? = nil
    ) {
      self.slot = slot
      self.uplink = uplink
      self.socket = socket
      self.device = device
    }
  }

  /// CPU sockets, at least one.
  public let sockets: Int
  /// The socket of each PCIe switch.
  public let switchSockets: [Int]
  /// What each GPU of the node plugs into.
  public let devicePlaces: [Place]
  /// What each network card plugs into.
  public let cardPlaces: [Place]
  /// Links between GPUs beside PCIe.
  public let deviceLinks: DeviceLinks
  /// Links that differ from the cluster's.
  public let links: Links

  /// Adopts a description; ``problem(for:)`` says whether it fits a cluster.
  public init(
    sockets: Int, switchSockets: [Int], devicePlaces: [Place], cardPlaces: [Place], deviceLinks: DeviceLinks,
    links: Links = Links()
  ) {
    self.sockets = sockets
    self.switchSockets = switchSockets
    self.devicePlaces = devicePlaces
    self.cardPlaces = cardPlaces
    self.deviceLinks = deviceLinks
    self.links = links
  }
}

extension NodeLayout {
  /// A regular PCIe tree: switches spread evenly over sockets, GPUs and cards evenly over switches, in order.
  ///
  /// - Parameters:
  ///   - switches: PCIe switches of the node; with none, GPUs and cards sit on the sockets.
  ///   - cardsOnSockets: Whether the cards bypass the switches.
  /// - Precondition: `sockets >= 1` and no count is negative.
  public static func tree(
    devices: Int, cards: Int, sockets: Int, switches: Int, cardsOnSockets: Bool = false,
    deviceLinks: DeviceLinks = .none, links: Links = Links()
  ) -> NodeLayout {
    precondition(sockets >= 1 && switches >= 0, "a node has at least one socket")
    func places(_ count: Int, onSockets: Bool) -> [Place] {
      let places = onSockets ? sockets : switches
      return (0..<count).map { onSockets ? .socket($0 * places / count) : .pcieSwitch($0 * places / count) }
    }
    return NodeLayout(
      sockets: sockets, switchSockets: (0..<switches).map { $0 * sockets / switches },
      devicePlaces: places(devices, onSockets: switches == 0),
      cardPlaces: places(cards, onSockets: switches == 0 || cardsOnSockets), deviceLinks: deviceLinks, links: links)
  }

  /// Why the layout does not describe a node of a cluster; `nil` when it does.
  public func problem(for cluster: Cluster) -> TopologyError? {
    guard devicePlaces.count == cluster.devicesPerNode else {
      return .count(what: "GPUs with a place", found: devicePlaces.count, expected: cluster.devicesPerNode)
    }
    guard cardPlaces.count == cluster.networkCardsPerNode else {
      return .count(what: "network cards with a place", found: cardPlaces.count, expected: cluster.networkCardsPerNode)
    }
    if let socket = switchSockets.first(where: { !(0..<sockets).contains($0) }) {
      return .place("found a PCIe switch on socket \(socket) of \(sockets), expected a socket counted from 0")
    }
    if (devicePlaces + cardPlaces).contains(where: { !holds($0) }) {
      return .place("found a GPU or a card on a socket or switch that is not there")
    }
    if sockets > 1, links.socket == nil { return .missing("link between the sockets (socket_link)") }
    return deviceLinks.problem(devices: cluster.devicesPerNode)
  }

  private func holds(_ place: Place) -> Bool {
    switch place {
    case .socket(let socket): (0..<sockets).contains(socket)
    case .pcieSwitch(let number): switchSockets.indices.contains(number)
    }
  }
}

extension NodeLayout.DeviceLinks {
  func problem(devices: Int) -> TopologyError? {
    switch self {
    case .none: return nil
    case .crossbar(let nodes):
      return nodes >= 1 ? nil : .count(what: "nodes of an NVLink domain", found: nodes, expected: 1)
    case .direct(let pairs):
      let ends = 0..<devices
      guard let bad = pairs.first(where: { !$0.isUsable(in: ends) }) else { return nil }
      return .place(
        "found \(bad.bonded) links between GPU \(bad.first) and GPU \(bad.second), expected two of the "
          + "\(devices) GPUs of a node and at least one link")
    }
  }
}
