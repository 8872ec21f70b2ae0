import Quantities

extension Bytes {
  /// The product of non-negative factors, held at 2^56: absurd shapes give an absurd size instead of a trap, and a
  /// hundred such sizes still add up.
  static func product(_ factors: Int...) -> Bytes {
    let limit: Int64 = 72_057_594_037_927_936
    var result: Int64 = 1
    for factor in factors {
      let (value, overflows) = result.multipliedReportingOverflow(by: Int64(factor))
      result = overflows ? limit : min(value, limit)
      if factor == 0 { return .zero }
    }
    return Bytes(result)
  }
}

/// `total` things over `parts`, rounded up.
func share(_ total: Int, of parts: Int) -> Int { (total + parts - 1) / parts }
