/// How fast bytes move, in bytes per second and per direction.
@frozen
public struct Bandwidth: Hashable, Comparable, Sendable {
  /// Bytes per second.
  public let bytesPerSecond: Double

  /// Wraps a number of bytes per second.
  @inlinable
  public init(bytesPerSecond: Double) { self.bytesPerSecond = bytesPerSecond }

  /// Decimal gigabytes, 1e9 bytes, per second.
  @inlinable
  public static func gigabytesPerSecond(_ value: Double) -> Bandwidth { Bandwidth(bytesPerSecond: value * 1e9) }

  /// The same in decimal gigabytes per second, for people.
  @inlinable
  public var gigabytesPerSecond: Double { bytesPerSecond / 1e9 }

  /// Orders two rates.
  @inlinable
  public static func < (left: Bandwidth, right: Bandwidth) -> Bool { left.bytesPerSecond < right.bytesPerSecond }

  /// A rate scaled by a plain number.
  @inlinable
  public static func * (factor: Double, rate: Bandwidth) -> Bandwidth {
    Bandwidth(bytesPerSecond: factor * rate.bytesPerSecond)
  }

  /// The time to move `amount` at this rate.
  @inlinable
  public static func / (amount: Bytes, rate: Bandwidth) -> Seconds {
    Seconds(Double(amount.count) / rate.bytesPerSecond)
  }
}

/// An amount of arithmetic: floating-point operations, a multiply-add counting as two.
@frozen
public struct FloatingPointOperations: Hashable, Comparable, Sendable {
  /// Operations; a `Double`, because a training step exceeds 2^63.
  public let count: Double

  /// None.
  public static let zero = FloatingPointOperations(0)

  /// Wraps a count of operations.
  @inlinable
  public init(_ count: Double) { self.count = count }

  /// Orders two amounts.
  @inlinable
  public static func < (left: Self, right: Self) -> Bool { left.count < right.count }

  /// The sum of two amounts.
  @inlinable
  public static func + (left: Self, right: Self) -> Self { Self(left.count + right.count) }

  /// Adds in place.
  @inlinable
  public static func += (left: inout Self, right: Self) { left = left + right }

  /// An amount scaled by a plain number.
  @inlinable
  public static func * (factor: Double, amount: Self) -> Self { Self(factor * amount.count) }

  /// The time this much arithmetic takes at `rate`.
  @inlinable
  public static func / (amount: Self, rate: ComputeRate) -> Seconds {
    Seconds(amount.count / rate.operationsPerSecond)
  }
}

/// How fast arithmetic runs, in floating-point operations per second.
@frozen
public struct ComputeRate: Hashable, Comparable, Sendable {
  /// Operations per second.
  public let operationsPerSecond: Double

  /// Wraps a number of operations per second.
  @inlinable
  public init(operationsPerSecond: Double) { self.operationsPerSecond = operationsPerSecond }

  /// Tera-operations, 1e12, per second.
  @inlinable
  public static func teraflops(_ value: Double) -> ComputeRate { ComputeRate(operationsPerSecond: value * 1e12) }

  /// The same in 1e12 operations per second, for people.
  @inlinable
  public var teraflops: Double { operationsPerSecond / 1e12 }

  /// Orders two rates.
  @inlinable
  public static func < (left: ComputeRate, right: ComputeRate) -> Bool {
    left.operationsPerSecond < right.operationsPerSecond
  }

  /// A rate scaled by a plain number.
  @inlinable
  public static func * (factor: Double, rate: ComputeRate) -> ComputeRate {
    ComputeRate(operationsPerSecond: factor * rate.operationsPerSecond)
  }
}
