import Quantities

/// How the GPUs of one node reach each other.
public enum NodeTopology: String, CaseIterable, Hashable, Sendable {
  /// Every GPU has a full-bandwidth port into a crossbar (NVSwitch).
  case nvswitch
  /// Point-to-point NVLinks between some pairs (DGX-1 hybrid cube mesh, bridges, XGMI).
  case mesh
  /// A PCIe tree: all traffic of a node shares root ports.
  case pcie
}

/// A cluster: equal nodes of equal GPUs, or of several kinds of GPUs by groups of nodes.
public struct Cluster: Hashable, Sendable {
  /// Catalogue name, for example `dgx-a100`.
  public let name: String
  /// The GPU.
  public let device: DeviceSpec
  /// GPUs of each node.
  public let devicesPerNode: Int
  /// Nodes.
  public private(set) var nodes: Int
  /// How GPUs of a node are connected.
  public let topology: NodeTopology
  /// The link inside a node, per GPU.
  public let intraNode: LinkSpec
  /// The link of one network card; `nil` for a single-node cluster without a network.
  public let interNode: LinkSpec?
  /// Network cards of each node; 0 without a network.
  public let networkCardsPerNode: Int
  /// GPU to host memory, per GPU.
  public let hostLink: LinkSpec
  /// Measured collectives that win over the model; `nil` without any.
  public let measuredCollectives: CollectiveTable?

  /// Kinds of GPUs by consecutive nodes when there are several; empty when every node has ``device``. Their nodes add up
  /// to ``nodes``.
  public var nodeGroups: [NodeGroup] = []

  /// Which links the cluster is made of; `nil` for what the other properties stand for, ``derivedLayout``.
  public private(set) var layout: ClusterLayout?
  /// How messages between nodes are spread over ways of equal cost.
  public var spreading = PathSpreading.even

  /// Describes a cluster. The catalogue reader checks that counts are positive and that several nodes have a network.
  public init(
    name: String, device: DeviceSpec, devicesPerNode: Int, nodes: Int, topology: NodeTopology, intraNode: LinkSpec,
    interNode: LinkSpec?, networkCardsPerNode: Int, hostLink: LinkSpec, measuredCollectives: CollectiveTable? = nil,
    layout: ClusterLayout? = nil
  ) {
    self.name = name
    self.device = device
    self.devicesPerNode = devicesPerNode
    self.nodes = nodes
    self.topology = topology
    self.intraNode = intraNode
    self.interNode = interNode
    self.networkCardsPerNode = networkCardsPerNode
    self.hostLink = hostLink
    self.measuredCollectives = measuredCollectives
    self.layout = layout
  }

  /// GPUs in all.
  public var deviceCount: Int { devicesPerNode * nodes }

  /// The node that holds a rank; ranks fill nodes in order.
  public func node(ofRank rank: Int) -> Int { rank / devicesPerNode }

  /// The same kind of cluster with another number of equal nodes.
  public func with(nodes: Int) -> Cluster {
    var cluster = self
    cluster.nodes = nodes
    cluster.nodeGroups = []
    return cluster
  }

  /// The same cluster made of given links.
  public func with(layout: ClusterLayout?) -> Cluster {
    var cluster = self
    cluster.layout = layout
    return cluster
  }
}
