/// A length of time a cost model computed, in seconds; becomes a ``SimDuration`` before it is simulated.
@frozen
public struct Seconds: Hashable, Comparable, Sendable {
  /// Seconds.
  public let value: Double

  /// No time at all.
  public static let zero = Seconds(0)

  /// Wraps a number of seconds.
  @inlinable
  public init(_ value: Double) { self.value = value }

  /// A length given in microseconds.
  @inlinable
  public static func microseconds(_ value: Double) -> Seconds { Seconds(value * 1e-6) }

  /// A length given in nanoseconds.
  @inlinable
  public static func nanoseconds(_ value: Double) -> Seconds { Seconds(value * 1e-9) }

  /// The longest duration the clock represents here: about 146 years, so that sums of a few stay in range.
  public static let longest = Seconds(4_611_686_018.0)

  /// Whole nanoseconds, rounded up: the one place where a modelled time becomes simulated time.
  ///
  /// - Precondition: finite, not negative, at most ``longest``.
  @inlinable
  public var roundedUp: SimDuration {
    precondition(value >= 0 && value <= 4_611_686_018.0, "a duration must be finite and not negative")
    return SimDuration(nanoseconds: Int64((value * 1e9).rounded(.up)))
  }

  /// Orders two lengths.
  @inlinable
  public static func < (left: Seconds, right: Seconds) -> Bool { left.value < right.value }

  /// The sum of two lengths.
  @inlinable
  public static func + (left: Seconds, right: Seconds) -> Seconds { Seconds(left.value + right.value) }

  /// The difference of two lengths.
  @inlinable
  public static func - (left: Seconds, right: Seconds) -> Seconds { Seconds(left.value - right.value) }

  /// A length scaled by a plain number.
  @inlinable
  public static func * (factor: Double, time: Seconds) -> Seconds { Seconds(factor * time.value) }

  /// Adds in place.
  @inlinable
  public static func += (left: inout Seconds, right: Seconds) { left = left + right }
}
