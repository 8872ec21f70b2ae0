/// An amount of memory or traffic, in whole bytes.
@frozen
public struct Bytes: Hashable, Comparable, Sendable {
  /// Whole bytes.
  public let count: Int64

  /// Nothing.
  public static let zero = Bytes(0)

  /// Wraps a count of bytes.
  @inlinable
  public init(_ count: Int64) { self.count = count }

  /// Binary gibibytes, 2^30 bytes each.
  @inlinable
  public static func gibibytes(_ value: Double) -> Bytes { Bytes(Int64(value * 1_073_741_824)) }

  /// Binary mebibytes, 2^20 bytes each.
  @inlinable
  public static func mebibytes(_ value: Double) -> Bytes { Bytes(Int64(value * 1_048_576)) }

  /// The amount in binary gibibytes, for people.
  @inlinable
  public var gibibytes: Double { Double(count) / 1_073_741_824 }

  /// Rounded up to a whole number of blocks of `unit` bytes.
  ///
  /// - Precondition: `unit > 0` and the amount is not negative.
  @inlinable
  public func roundedUp(toMultipleOf unit: Int64) -> Bytes {
    precondition(unit > 0 && count >= 0, "only amounts can be rounded up")
    return Bytes((count + unit - 1) / unit * unit)
  }

  /// Orders two amounts.
  @inlinable
  public static func < (left: Bytes, right: Bytes) -> Bool { left.count < right.count }

  /// The sum of two amounts.
  @inlinable
  public static func + (left: Bytes, right: Bytes) -> Bytes { Bytes(left.count + right.count) }

  /// The difference of two amounts.
  @inlinable
  public static func - (left: Bytes, right: Bytes) -> Bytes { Bytes(left.count - right.count) }

  /// The amount with its sign turned, as a release in the memory ledger.
  @inlinable
  public static prefix func - (amount: Bytes) -> Bytes { Bytes(-amount.count) }

  /// Adds in place.
  @inlinable
  public static func += (left: inout Bytes, right: Bytes) { left = left + right }

  /// `factor` times the amount.
  @inlinable
  public static func * (factor: Int, amount: Bytes) -> Bytes { Bytes(Int64(factor) * amount.count) }
}
