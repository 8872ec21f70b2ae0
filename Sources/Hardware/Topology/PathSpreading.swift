/// How the messages between two cards are spread over ways of equal cost through the fabric.
public enum PathSpreading: Hashable, Sendable {
  /// Evenly: adaptive routing, packet spraying, or so many connections that chance no longer matters.
  case even
  /// Each of a number of connections takes one way, chosen by a hash of seed and ranks (ECMP); at least one.
  case hashed(connections: Int)
}

/// The part of a message that crosses a link.
public struct LinkShare: Hashable, Sendable {
  /// Id of the link.
  public let link: Int32
  /// Bytes on the link per byte of the message, above zero and at most one.
  public let share: Double

  /// Describes a part.
  public init(link: Int32, share: Double) {
    self.link = link
    self.share = share
  }
}
