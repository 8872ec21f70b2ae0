/// An instant on the simulated clock, in whole nanoseconds since the iteration began.
@frozen
public struct SimTime: Hashable, Comparable, Sendable {
  /// Nanoseconds since the start of the iteration.
  public let nanoseconds: Int64

  /// The start of the iteration.
  public static let zero = SimTime(nanoseconds: 0)

  /// Wraps a count of nanoseconds.
  @inlinable
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// The same instant in seconds.
  @inlinable
  public var seconds: Seconds { Seconds(Double(nanoseconds) * 1e-9) }

  /// Orders two instants.
  @inlinable
  public static func < (left: SimTime, right: SimTime) -> Bool { left.nanoseconds < right.nanoseconds }

  /// The instant `duration` later.
  @inlinable
  public static func + (time: SimTime, duration: SimDuration) -> SimTime {
    SimTime(nanoseconds: time.nanoseconds + duration.nanoseconds)
  }

  /// The time between two instants; negative when `right` is later.
  @inlinable
  public static func - (left: SimTime, right: SimTime) -> SimDuration {
    SimDuration(nanoseconds: left.nanoseconds - right.nanoseconds)
  }
}

/// A length of simulated time, in whole nanoseconds.
@frozen
public struct SimDuration: Hashable, Comparable, Sendable {
  /// Whole nanoseconds.
  public let nanoseconds: Int64

  /// No time at all.
  public static let zero = SimDuration(nanoseconds: 0)

  /// Wraps a count of nanoseconds.
  @inlinable
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// The same length in seconds.
  @inlinable
  public var seconds: Seconds { Seconds(Double(nanoseconds) * 1e-9) }

  /// Orders two lengths.
  @inlinable
  public static func < (left: SimDuration, right: SimDuration) -> Bool { left.nanoseconds < right.nanoseconds }

  /// The sum of two lengths.
  @inlinable
  public static func + (left: SimDuration, right: SimDuration) -> SimDuration {
    SimDuration(nanoseconds: left.nanoseconds + right.nanoseconds)
  }

  /// The difference of two lengths.
  @inlinable
  public static func - (left: SimDuration, right: SimDuration) -> SimDuration {
    SimDuration(nanoseconds: left.nanoseconds - right.nanoseconds)
  }
}
