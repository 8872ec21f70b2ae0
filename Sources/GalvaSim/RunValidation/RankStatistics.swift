/// How well predictions order plans: numbers of one group of alternatives, or of many.
public enum RankStatistics {
  /// One alternative: throughputs in the same unit.
  public struct Pair: Hashable, Sendable {
    /// Predicted throughput.
    public var predicted: Double
    /// Measured throughput.
    public var measured: Double

    /// Pairs two throughputs.
    public init(predicted: Double, measured: Double) {
      self.predicted = predicted
      self.measured = measured
    }
  }

  /// Spearman's correlation of ranks; equal values share the mean of their ranks. `nil` for fewer than three
  /// alternatives, or when one side is constant.
  public static func correlation(_ pairs: [Pair]) -> Double? {
    guard pairs.count >= 3 else { return nil }
    let (x, y) = (ranks(pairs.map(\.predicted)), ranks(pairs.map(\.measured)))
    let mean = Double(pairs.count + 1) / 2
    var (xy, xx, yy) = (0.0, 0.0, 0.0)
    for (a, b) in zip(x, y) {
      xy += (a - mean) * (b - mean)
      xx += (a - mean) * (a - mean)
      yy += (b - mean) * (b - mean)
    }
    guard xx > 0, yy > 0 else { return nil }
    return xy / (xx * yy).squareRoot()
  }

  /// Ranks from 1, ascending; ties share their mean.
  static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] != values[$1] ? values[$0] < values[$1] : $0 < $1 }
    var ranks = Array(repeating: 0.0, count: values.count)
    var first = 0
    while first < order.count {
      var end = first + 1
      while end < order.count, values[order[end]] == values[order[first]] { end += 1 }
      for place in first..<end { ranks[order[place]] = Double(first + 1 + end) / 2 }
      first = end
    }
    return ranks
  }

  /// Throughput lost by taking the alternative predicted best instead of the best, as a fraction of the best's; `nil`
  /// for fewer than two alternatives.
  public static func regret(_ pairs: [Pair]) -> Double? {
    guard pairs.count >= 2, let best = pairs.map(\.measured).max(), best > 0,
      let chosen = pairs.max(by: { $0.predicted < $1.predicted })
    else { return nil }
    return 1 - chosen.measured / best
  }

  /// Pairs of alternatives whose measured throughputs are more than 2 % apart: how many, and how many of them the
  /// prediction orders the same way.
  public static func order(_ pairs: [Pair]) -> (count: Int, right: Int) {
    var (count, right) = (0, 0)
    for first in pairs.indices {
      for second in pairs.indices.dropFirst(first + 1) {
        let (a, b) = (pairs[first], pairs[second])
        guard max(a.measured, b.measured) > 1.02 * min(a.measured, b.measured) else { continue }
        count += 1
        if (a.measured < b.measured) == (a.predicted < b.predicted), a.predicted != b.predicted { right += 1 }
      }
    }
    return (count, right)
  }
}
