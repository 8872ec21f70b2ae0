import Hardware

/// How the ranks of a communication group are spread over nodes: all a closed form needs to know of a group.
public struct GroupShape: Hashable, Sendable {
  /// Ranks of the group.
  public let ranks: Int
  /// Nodes they live on.
  public let nodes: Int
  /// Most ranks of the group on one node.
  public let ranksPerNode: Int

  /// Describes a spread; `ranks >= nodes >= 1`.
  public init(ranks: Int, nodes: Int, ranksPerNode: Int) {
    self.ranks = ranks
    self.nodes = nodes
    self.ranksPerNode = ranksPerNode
  }

  /// The spread of the given ranks over a cluster.
  public init(ranks members: some Sequence<Int>, cluster: Cluster) {
    var count = 0
    var nodes = 0
    var most = 0
    var current = -1
    var here = 0
    for node in members.map({ cluster.node(ofRank: $0) }).sorted() {
      if node != current {
        nodes += 1
        here = 0
        current = node
      }
      here += 1
      count += 1
      most = max(most, here)
    }
    self.init(ranks: count, nodes: nodes, ranksPerNode: most)
  }
}
