import Quantities

/// One unit of a quantity: how it is written and what it multiplies by.
struct QuantityUnit: Hashable, Sendable {
  let symbol: String
  let factor: Double
}

/// Quantities as people write them: a decimal number and a unit, `80GiB`, `400Gb/s`, `2.6us`, `312TFLOPS`.
///
/// Decimal prefixes are powers of 1000, binary ones (`Ki`, `Mi`, `Gi`, `Ti`, `Pi`) powers of 1024 (IEC 80000-13);
/// `B` is a byte and `b` a bit.
public enum QuantityText {
  /// Why a text is not a quantity.
  public enum Failure: Error, Hashable, Sendable {
    /// Not a number followed by a unit.
    case notAQuantity
    /// A number without a unit.
    case unitMissing
    /// A unit of another kind, or none at all; `nearest` is the text with the nearest valid unit.
    case unknownUnit(String, nearest: String?)
    /// Below zero, or zero where something is needed.
    case notPositive
    /// Beyond what the simulator represents.
    case tooLarge
  }

  /// Most bytes an amount may have: 2^60, so that sums of several stay in range.
  static let maximumBytes: Int64 = 1 << 60
  /// Highest rate of bytes (per second) or operations (per second).
  static let maximumRate = 1e24

  static let byteUnits =
    [QuantityUnit(symbol: "B", factor: 1)] + decimal(suffix: "B", factor: 1) + binary(suffix: "B", factor: 1)
  static let bandwidthUnits =
    byteUnits.map { QuantityUnit(symbol: $0.symbol + "/s", factor: $0.factor) }
    + [QuantityUnit(symbol: "b/s", factor: 0.125)] + decimal(suffix: "b/s", factor: 0.125)
  static let timeUnits = [
    QuantityUnit(symbol: "s", factor: 1), QuantityUnit(symbol: "ms", factor: 1e3),
    QuantityUnit(symbol: "us", factor: 1e6), QuantityUnit(symbol: "ns", factor: 1e9),
  ]
  static let computeUnits =
    decimal(suffix: "FLOPS", factor: 1) + decimal(suffix: "FLOP/s", factor: 1)
    + [QuantityUnit(symbol: "FLOPS", factor: 1), QuantityUnit(symbol: "FLOP/s", factor: 1)]

  private static func decimal(suffix: String, factor: Double) -> [QuantityUnit] {
    [("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12), ("P", 1e15)].map {
      QuantityUnit(symbol: $0.0 + suffix, factor: $0.1 * factor)
    }
  }

  private static func binary(suffix: String, factor: Double) -> [QuantityUnit] {
    ["Ki", "Mi", "Gi", "Ti", "Pi"].enumerated().map { index, prefix in
      QuantityUnit(symbol: prefix + suffix, factor: Double(Int64(1) << Int64(10 * (index + 1))) * factor)
    }
  }
}

extension QuantityText {
  /// An amount of memory or traffic, rounded to whole bytes; at least one byte unless `allowsZero`.
  public static func bytes(_ text: String, allowsZero: Bool = false) throws(Failure) -> Bytes {
    let (number, unit) = try split(text, units: byteUnits)
    let whole = Int64(number)
    let factor = Int64(unit.factor)
    let value: Double = try magnitude(number) * unit.factor
    guard value <= Double(maximumBytes) else { throw .tooLarge }
    // Whole numbers are multiplied as whole numbers: a Double holds only 53 bits.
    let count = whole.map { $0.multipliedReportingOverflow(by: factor).partialValue } ?? Int64(value.rounded())
    guard count > 0 || (allowsZero && count == 0) else { throw .notPositive }
    guard count <= maximumBytes else { throw .tooLarge }
    return Bytes(count)
  }

  /// A rate of bytes, above zero.
  public static func bandwidth(_ text: String) throws(Failure) -> Bandwidth {
    Bandwidth(bytesPerSecond: try rate(text, units: bandwidthUnits))
  }

  /// A rate of arithmetic, above zero.
  public static func compute(_ text: String) throws(Failure) -> ComputeRate {
    ComputeRate(operationsPerSecond: try rate(text, units: computeUnits))
  }

  /// A length of time, at most ``Quantities/Seconds/longest``; above zero unless `allowsZero`.
  public static func seconds(_ text: String, allowsZero: Bool = false) throws(Failure) -> Seconds {
    let (number, unit) = try split(text, units: timeUnits)
    // A division by a power of ten is correctly rounded, a product with its inverse is not.
    let value = try magnitude(number) / unit.factor
    guard value > 0 || (allowsZero && value == 0) else { throw .notPositive }
    guard value <= Seconds.longest.value else { throw .tooLarge }
    return Seconds(value)
  }

  private static func rate(_ text: String, units: [QuantityUnit]) throws(Failure) -> Double {
    let (number, unit) = try split(text, units: units)
    let value = try magnitude(number) * unit.factor
    guard value > 0 else { throw .notPositive }
    guard value <= maximumRate else { throw .tooLarge }
    return value
  }

  private static func magnitude(_ number: String) throws(Failure) -> Double {
    guard let value = Double(number) else { throw .notAQuantity }
    guard value >= 0 else { throw .notPositive }
    guard value.isFinite else { throw .tooLarge }
    return value
  }

  private static func split(
    _ text: String, units: [QuantityUnit]
  ) throws(Failure) -> (number: String, unit: QuantityUnit) {
    let length = DecimalNumber.prefixLength(of: text)
    guard length > 0 else { throw .notAQuantity }
    let number = String(text.utf8.prefix(length)) ?? ""
    let symbol = String((String(text.utf8.dropFirst(length)) ?? "").drop { $0 == " " })
    guard !symbol.isEmpty else { throw .unitMissing }
    guard let unit = units.first(where: { $0.symbol == symbol }) else {
      let nearest = Spelling.nearest(to: symbol, among: units.map(\.symbol))
      throw .unknownUnit(symbol, nearest: nearest.map { number + $0 })
    }
    return (number, unit)
  }
}

extension QuantityText {
  /// The amount in the largest unit that divides it: `80GiB`, `1500B`.
  public static func text(_ amount: Bytes) -> String {
    let units = byteUnits.sorted { $0.factor > $1.factor }
    let unit = units.first { amount.count != 0 && amount.count % Int64($0.factor) == 0 }
    guard let unit else { return "\(amount.count)B" }
    return "\(amount.count / Int64(unit.factor))\(unit.symbol)"
  }

  /// The rate in the most readable unit that reads back as the same value: `300GB/s`.
  public static func text(_ rate: Bandwidth) -> String {
    text(rate.bytesPerSecond, preferring: ["GB/s", "MB/s"], exact: "B/s") { written in
      (try? bandwidth(written))?.bytesPerSecond
    }
  }

  /// The rate in the most readable unit that reads back as the same value: `312TFLOPS`.
  public static func text(_ rate: ComputeRate) -> String {
    text(rate.operationsPerSecond, preferring: ["TFLOPS", "GFLOPS"], exact: "FLOPS") { written in
      (try? compute(written))?.operationsPerSecond
    }
  }

  /// The time in the most readable unit that reads back as the same value: `2.6us`.
  public static func text(_ time: Seconds) -> String {
    let preferred = time.value >= 1 ? ["s"] : time.value >= 1e-3 ? ["ms", "us"] : ["us", "ns"]
    return text(time.value, preferring: preferred, exact: "s") { written in
      (try? seconds(written, allowsZero: true))?.value
    }
  }

  private static func text(
    _ value: Double, preferring symbols: [String], exact: String, reading: (String) -> Double?
  ) -> String {
    let units = bandwidthUnits + computeUnits
    for symbol in symbols {
      let scaled =
        if let time = timeUnits.first(where: { $0.symbol == symbol }) { value * time.factor } else {
          value / (units.first { $0.symbol == symbol }?.factor ?? 1)
        }
      let written = plain(scaled) + symbol
      if reading(written) == value { return written }
    }
    return plain(value) + exact
  }

  /// The shortest decimal form; a whole number without its `.0`.
  private static func plain(_ value: Double) -> String {
    let written = value.description
    return written.hasSuffix(".0") ? String(written.dropLast(2)) : written
  }
}
