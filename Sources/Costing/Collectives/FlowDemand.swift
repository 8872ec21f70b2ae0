import Quantities

/// What one collective asks of the network: a latency, then one weighted flow.
///
/// A weight says how many bytes a link carries in the whole call, enlarged where the protocol does not reach the link's
/// rate: alone on the network the call takes `latency + max(weight / rate)` over the kinds of link.
public struct FlowDemand: Hashable, Sendable {
  /// Time before and between the transfers, the filling of a pipeline included.
  public let latency: Seconds
  /// Weight of each member's own port inside its node, per direction; zero without traffic there.
  public let inside: Double
  /// Weight of one node's network cards together, per direction; zero on one node.
  public let uplink: Double
  /// The part of ``uplink`` that leaves its rail: it crosses the spine even where each rail has its own leaf switch.
  public let spine: Double
  /// Members of a node whose cards carry ``uplink``.
  public let sendersPerNode: Int

  /// Describes a demand.
  public init(latency: Seconds, inside: Double, uplink: Double, spine: Double, sendersPerNode: Int) {
    self.latency = latency
    self.inside = inside
    self.uplink = uplink
    self.spine = spine
    self.sendersPerNode = sendersPerNode
  }

  /// The demand that takes `factor` times as long on the same links.
  public func scaled(by factor: Double) -> FlowDemand {
    FlowDemand(
      latency: factor * latency, inside: factor * inside, uplink: factor * uplink, spine: factor * spine,
      sendersPerNode: sendersPerNode)
  }
}

/// What an algorithm moves, in bytes per byte of payload, before protocols and links turn it into a ``FlowDemand``.
struct TrafficPattern: Hashable, Sendable {
  /// Latency of the call and its hops.
  let latency: Seconds
  /// Each member's port inside its node, per direction.
  var inside = 0.0
  /// One node's cards together, per direction.
  var uplink = 0.0
  /// Members of a node whose cards carry ``uplink``.
  var sendersPerNode = 1
  /// Whether messages leave their rail.
  var crossesRails = false
  /// Whether the switches inside the node work.
  var switchedInside = false
  /// Whether the switches of the network work.
  var switchedBetween = false
  /// Whether chunks travel inside and between nodes at the same time, the first one filling the pipeline.
  var isPipelined = false
}
