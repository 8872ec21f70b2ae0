import Hardware

extension EfficiencyCurve {
  /// The work that takes as long at the full rate as work of `size` takes at the fraction reached: the largest of
  /// `s / fraction(s)` over all `s` up to `size`, so that more work never takes less time.
  ///
  /// Between two points `s / fraction(s)` falls first, if at all, and rises then: the points and `size` itself hold the
  /// largest value.
  func occupiedSize(_ size: Double) -> Double {
    var largest = size / fraction(at: size)
    for point in points where point.size < size { largest = max(largest, point.size / point.fraction) }
    return largest
  }
}
