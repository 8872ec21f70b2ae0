import Hardware
import Quantities
import TestSupport

/// Clusters and shorthands for the tests of topologies.
enum TopologySample {
  /// A socket link of 20 GB/s and 1 us.
  static let socketLink = TestHardware.link(.gigabytesPerSecond(20), latency: .microseconds(1))

  /// The test cluster (100 GB/s and 2 us inside, cards of 25 GB/s and 5 us, slots of 20 GB/s and 4 us) with a layout.
  static func cluster(
    nodes: Int = 1, devices: Int = 8, cards: Int = 0, topology: NodeTopology = .nvswitch, node: NodeLayout? = nil,
    fabric: FabricLayout = .singleSwitch
  ) -> Cluster {
    let plain = TestHardware.cluster(nodes: max(2, nodes), devicesPerNode: devices, cards: cards, topology: topology)
    let layout = node.map { ClusterLayout.regular($0, fabric) }
    return Cluster(
      name: "test", device: plain.device, devicesPerNode: devices, nodes: nodes, topology: topology,
      intraNode: plain.intraNode, interNode: cards > 0 ? plain.interNode : nil, networkCardsPerNode: cards,
      hostLink: plain.hostLink, layout: layout)
  }

  /// Two sockets, two PCIe switches on each, two GPUs on each: the shape of an 8-GPU PCIe server.
  static let pcieTree = cluster(
    topology: .pcie,
    node: .tree(devices: 8, cards: 0, sockets: 2, switches: 4, links: .init(socket: socketLink)))

  /// The same tree with NVLinks between pairs and a card per switch.
  static func node(_ links: NodeLayout.DeviceLinks, devices: Int = 8, cards: Int = 4, switches: Int = 4) -> NodeLayout {
    .tree(
      devices: devices, cards: cards, sockets: 2, switches: switches, deviceLinks: links,
      links: .init(socket: socketLink))
  }
}

extension Router {
  /// Names of the links of a way.
  mutating func names(_ source: Int, _ destination: Int) throws -> [String] {
    try route(from: source, to: destination).links.map { topology.name(ofLink: $0) }
  }
}
