import Quantities

/// The way of a message from one GPU to another.
public struct Route: Hashable, Sendable {
  /// Ids of the links in the order they are crossed; empty from a GPU to itself.
  public let links: [Int32]
  /// Sum of the latencies of the links.
  public let latency: Seconds
  /// The lowest peak rate on the way; `nil` for an empty way.
  public let bottleneck: Bandwidth?

  init(_ links: [Int32], in topology: Topology) {
    self.links = links
    latency = links.reduce(.zero) { $0 + topology.links[Int($1)].latency }
    bottleneck = links.map { topology.links[Int($0)].bandwidth }.min()
  }
}

/// Two GPUs that cannot reach each other.
public enum RoutingError: Error, Hashable, Sendable {
  /// There would be a way without these failed links; names of links as ``Topology/name(ofLink:)``.
  case cut(source: String, destination: String, failed: [String])
  /// There is no way, failed links or not.
  case notConnected(source: String, destination: String)
}

extension RoutingError: CustomStringConvertible {
  /// What was found, what to do.
  public var description: String {
    switch self {
    case .cut(let source, let destination, let failed):
      "\(source) cannot reach \(destination): failed \(failed.joined(separator: ", ")); keep one of them or add a way"
    case .notConnected(let source, let destination):
      "\(source) cannot reach \(destination): no links lead there; add one"
    }
  }
}
