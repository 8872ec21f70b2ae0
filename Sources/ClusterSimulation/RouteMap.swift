import Hardware
import Quantities

/// The ways between the members of groups, for people.
public struct RouteMap {
  private var paths: ClusterPaths

  /// Most members of a group whose ways are listed.
  private static let shownMembers = 16

  /// Looks at the links of a setup's cluster, failed ones left out.
  ///
  /// - Throws: ``SimulationError/network(_:)`` for a layout without a graph, or conditions of links that are not there.
  public init(_ setup: TrainingSetup) throws(SimulationError) { paths = try ClusterPaths(setup) }

  /// The links of the cluster.
  public var topology: Topology { paths.topology }

  /// Bytes per second of a link in its condition; 0 when it has failed.
  public func rate(ofLink link: Int32) -> Double {
    paths.failed.contains(link) ? 0 : paths.rates[Int(topology.links[Int(link)].capacityGroup)]
  }

  /// One line for each member of a ring: the links to the next member inside its node, and to the next node.
  ///
  /// Where a fabric has several ways of equal cost, one of them stands for all.
  ///
  /// - Throws: ``SimulationError/network(_:)`` when failed links cut members off.
  public mutating func hops(_ members: [Int]) throws(SimulationError) -> [String] {
    let nodes = paths.byNode(members)
    var lines: [String] = []
    for (index, node) in nodes.enumerated() {
      for (place, member) in node.enumerated() where node.count > 1 {
        lines.append(try hop(from: member, to: node[(place + 1) % node.count]))
      }
      let next = nodes[(index + 1) % nodes.count]
      if nodes.count > 1 {
        for rail in 0..<min(node.count, next.count) { lines.append(try hop(from: node[rail], to: next[rail])) }
      }
      guard lines.count < Self.shownMembers else { break }
    }
    let shown = lines.prefix(Self.shownMembers)
    return Array(shown) + (shown.count < lines.count || members.count > shown.count ? ["\t..."] : [])
  }

  private mutating func hop(from source: Int, to destination: Int) throws(SimulationError) -> String {
    let route = try paths.route(from: source, to: destination)
    let links = route.links.map { topology.name(ofLink: $0) }.joined(separator: " > ")
    let rate = route.links.map { self.rate(ofLink: $0) }.min().map { "\($0 / 1e9) GB/s" } ?? "-"
    return "\t\(source) to \(destination)\t\(rate)\t\(links)"
  }
}
