import Hardware
import Quantities

extension CollectiveTable.Series {
  /// The time of a payload: exact at the measured sizes, a straight line through log size and log time between them.
  ///
  /// Outside, the model's time multiplied by what the nearest measured size took over what the model gives there: the
  /// smallest size calibrates the latency, the largest the rate.
  ///
  /// - Parameters:
  ///   - payload: Bytes, above zero.
  ///   - model: The model's time of a payload; above zero for payloads above zero.
  func time(_ payload: Bytes, model: (Bytes) -> Seconds) -> Seconds {
    guard let first = points.first, let last = points.last else { return model(payload) }
    if payload < first.payload { return calibrated(payload, at: first, model: model) }
    if payload > last.payload { return calibrated(payload, at: last, model: model) }
    let upper = points.firstIndex { $0.payload >= payload } ?? points.count - 1
    let right = points[upper]
    if right.payload == payload || upper == 0 { return right.time }
    let left = points[upper - 1]
    let width = logarithm2(Double(right.payload.count)) - logarithm2(Double(left.payload.count))
    let position = (logarithm2(Double(payload.count)) - logarithm2(Double(left.payload.count))) / width
    return Seconds(left.time.value * exponential2(position * logarithm2(right.time.value / left.time.value)))
  }

  private func calibrated(
    _ payload: Bytes, at point: CollectiveTable.Point, model: (Bytes) -> Seconds
  ) -> Seconds {
    (point.time.value / model(point.payload).value) * model(payload)
  }
}

/// 2^x from a series of the fraction and the exponent of a double: + - * / only, so every machine gives the same bits.
///
/// `e^y` with `|y| <= ln 2 / 2` and 17 terms leaves an error below 1e-17.
///
/// - Precondition: `|value| < 1000`.
func exponential2(_ value: Double) -> Double {
  let whole = value.rounded()
  let rest = (value - whole) * 0.693_147_180_559_945_3
  var sum = 1.0
  for term in stride(from: 17.0, through: 1, by: -1) { sum = 1 + sum * rest / term }
  return Double(sign: .plus, exponent: Int(whole), significand: sum)
}
