/// Consecutive nodes with the same GPU, in a cluster of several kinds.
public struct NodeGroup: Hashable, Sendable {
  /// The GPU of these nodes.
  public let device: DeviceSpec
  /// How many nodes.
  public let nodes: Int

  /// Describes a group of at least one node.
  public init(device: DeviceSpec, nodes: Int) {
    self.device = device
    self.nodes = nodes
  }
}

extension Cluster {
  /// The GPU of a node.
  public func device(ofNode node: Int) -> DeviceSpec {
    var first = 0
    for group in nodeGroups {
      if node < first + group.nodes { return group.device }
      first += group.nodes
    }
    return device
  }

  /// The GPU of a rank.
  public func device(ofRank rank: Int) -> DeviceSpec {
    nodeGroups.isEmpty ? device : device(ofNode: node(ofRank: rank))
  }

  /// Every kind of GPU, in the order of the nodes.
  public var devices: [DeviceSpec] {
    nodeGroups.isEmpty
      ? [device]
      : nodeGroups.map(\.device).reduce(into: []) { known, device in
        if !known.contains(device) { known.append(device) }
      }
  }
}
