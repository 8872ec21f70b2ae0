/// A graph of links that cannot serve a cluster.
public enum TopologyError: Error, Hashable, Sendable {
  /// There is no GPU.
  case noDevices
  /// A link has no capacity (or an infinite one) or a negative latency.
  case badLink(String)
  /// Nothing connects two GPUs, whatever the route.
  case unreachable(rank: Int, name: String)
  /// Two vertices of a free graph have the same name.
  case duplicateVertex(String)
  /// A link of a free graph names a vertex that is not there.
  case unknownVertex(String)
  /// A count of the layout contradicts the cluster.
  case count(what: String, found: Int, expected: Int)
  /// A place of the layout is not there, or used twice.
  case place(String)
  /// Several nodes without network cards.
  case noNetwork(nodes: Int)
  /// A dragonfly with too few global links for its groups.
  case tooFewGlobalLinks(perGroup: Int, groups: Int)
  /// A key of the layout that its kind of fabric or node needs.
  case missing(String)
}

extension TopologyError: CustomStringConvertible {
  /// What was found, what to do.
  public var description: String {
    switch self {
    case .noDevices: "found no GPU, expected at least one"
    case .badLink(let name): "found link \(name) without a usable capacity or latency, expected numbers above zero"
    case .unreachable(let rank, let name):
      "found no way between GPU 0 and \(name) (rank \(rank)), expected links that connect every GPU"
    case .duplicateVertex(let name): "found two vertices named \(name), expected names that differ"
    case .unknownVertex(let name): "found a link at \(name), which is no vertex, expected the name of a vertex"
    case .count(let what, let found, let expected): "found \(found) \(what), expected \(expected)"
    case .place(let text): text
    case .noNetwork(let nodes): "found \(nodes) nodes without network cards, expected a network"
    case .tooFewGlobalLinks(let perGroup, let groups):
      "found \(perGroup) global links per group for \(groups) groups, expected at least \(groups - 1)"
    case .missing(let what): "found no \(what), expected one"
    }
  }
}
