/// A set of link uses a network knows; many flows may share it.
@frozen
public struct RouteID: Hashable, Sendable {
  /// Number of the route, from 0 in the order of registration.
  public let index: Int

  @inlinable
  init(index: Int) { self.index = index }
}

/// A flow under way in a network; after its removal the number is given to a later flow.
@frozen
public struct FlowID: Hashable, Sendable {
  /// Number of the flow, small enough to index an array: below the largest number of flows there were at a time.
  public let index: Int

  @inlinable
  init(index: Int) { self.index = index }
}

/// The end of a flow if nothing changes before.
@frozen
public struct FlowFinish: Hashable, Sendable {
  /// Whole nanoseconds, rounded up.
  public let time: Int64
  /// The flow that ends; among equal times the one with the smallest number.
  public let flow: FlowID
}

/// What a link has done since the beginning.
@frozen
public struct LinkUsage: Hashable, Sendable {
  /// Bytes carried: the load over time, less what flows were given beyond their amount by whole nanoseconds.
  public var bytes = 0.0
  /// Nanoseconds with a load above zero.
  public var busy: Int64 = 0
  /// Nanoseconds with a load of the whole capacity.
  public var saturated: Int64 = 0
}
