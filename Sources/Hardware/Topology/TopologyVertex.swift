/// What stands at the end of links.
public enum VertexKind: String, CaseIterable, Hashable, Sendable {
  /// A GPU.
  case gpu
  /// The NVSwitch crossbar of a node or of an NVLink domain, all its chips as one.
  case nvswitch
  /// A PCIe switch.
  case pcieSwitch = "pcie"
  /// A CPU socket with its memory and its PCIe root ports.
  case socket
  /// A network card (one port).
  case networkCard = "nic"
  /// A switch that network cards plug into.
  case leaf
  /// A switch above the leaves.
  case spine
  /// A switch above the spines of several pods.
  case core
  /// A switch of a dragonfly.
  case router

  /// Whether it forwards traffic between nodes.
  public var isFabric: Bool {
    switch self {
    case .leaf, .spine, .core, .router: true
    case .gpu, .nvswitch, .pcieSwitch, .socket, .networkCard: false
    }
  }
}

/// One vertex of a ``Topology``.
public struct TopologyVertex: Hashable, Sendable {
  /// What it is.
  public let kind: VertexKind
  /// The node that holds it; `nil` outside nodes.
  public var node: Int? { nodeNumber < 0 ? nil : Int(nodeNumber) }
  /// Its number among its kind in its node (or in the whole fabric).
  public var index: Int { Int(number) }
  /// The rank of a GPU; `nil` for everything else.
  public var rank: Int? { rankNumber < 0 ? nil : Int(rankNumber) }

  let nodeNumber: Int32
  let number: Int32
  let rankNumber: Int32
}
