import Quantities

/// The sorts of link; routes inside a node prefer the first two.
public enum LinkKind: String, CaseIterable, Hashable, Sendable {
  /// NVLink or Infinity Fabric straight between two GPUs.
  case nvlink
  /// All NVLinks between a GPU and an NVSwitch.
  case nvswitchPort = "nvswitch"
  /// A PCIe slot or the way from a PCIe switch to its root port.
  case pcie
  /// UPI, QPI or xGMI between two sockets.
  case socketInterconnect = "socket"
  /// Between a network card and its switch.
  case networkCard = "nic"
  /// Between two switches of the fabric.
  case fabric

  /// Whether it joins GPUs without PCIe.
  public var isScaleUp: Bool { self == .nvlink || self == .nvswitchPort }
  /// Whether it belongs to the PCIe side of a node.
  public var isHost: Bool { self == .pcie || self == .socketInterconnect }
}

/// How the two directions of a cable relate.
public enum Duplex: String, CaseIterable, Hashable, Sendable {
  /// Each direction has the whole bandwidth.
  case full
  /// Both directions share the bandwidth.
  case half
  /// There is no way back.
  case oneWay = "one-way"
}

/// One direction of a cable; its id is its place in ``Topology/links``.
public struct TopologyLink: Hashable, Sendable {
  /// Vertex it leaves.
  public let from: Int32
  /// Vertex it enters.
  public let to: Int32
  /// Id of the other direction; -1 for a one-way link.
  public let reverse: Int32
  /// Place of its capacity in ``Topology/capacities``; the directions of a half-duplex cable share one.
  public let capacityGroup: Int32
  /// Place of its efficiency curve in ``Topology/media``.
  public let medium: Int32
  /// Physical links that are bonded into it, for example 2 of the NVLinks of a pair.
  public let bonded: Int32
  /// What sort it is.
  public let kind: LinkKind
  /// Peak rate of this direction, all bonded links together.
  public let bandwidth: Bandwidth
  /// What it adds to the time of a message's first byte.
  public let latency: Seconds
}
