/// How far predictions are off.
public struct ErrorSummary: Hashable, Sendable {
  /// Errors.
  public let count: Int
  /// Mean of the absolute errors; `nil` without errors.
  public let mean: Double?
  /// Median of the absolute errors.
  public let median: Double?
  /// The absolute error that nine in ten stay below.
  public let ninthDecile: Double?
  /// Share of errors of at most 10 %.
  public let withinTenth: Double?
  /// Median of the signed errors.
  public let bias: Double?
  /// Mean of the signed errors.
  public let meanBias: Double?

  /// Summarises errors, predicted over measured less one.
  public init(_ errors: [Double]) {
    let absolute = errors.map(\.magnitude).sorted()
    count = errors.count
    mean = Self.mean(absolute)
    median = Self.quantile(absolute, 0.5)
    ninthDecile = Self.quantile(absolute, 0.9)
    withinTenth = errors.isEmpty ? nil : Double(absolute.count { $0 <= 0.1 }) / Double(errors.count)
    bias = Self.quantile(errors.sorted(), 0.5)
    meanBias = Self.mean(errors)
  }

  /// The mean; `nil` of nothing.
  static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// Linear between the two nearest of sorted values; `nil` of nothing.
  static func quantile(_ sorted: [Double], _ part: Double) -> Double? {
    guard let last = sorted.last else { return nil }
    let place = part * Double(sorted.count - 1)
    let index = Int(place)
    guard index + 1 < sorted.count else { return last }
    return sorted[index] + (place - Double(index)) * (sorted[index + 1] - sorted[index])
  }
}
