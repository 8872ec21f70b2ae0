import Quantities

/// Numbers along one side of a panel.
struct ChartScale: Hashable, Sendable {
  let lowest: Double
  let highest: Double
  let isLogarithmic: Bool
  /// Round numbers from the lowest to the highest.
  let marks: [Double]

  /// A scale that ends at round numbers around the values; a linear one starts at zero.
  init(values: [Double], isLogarithmic: Bool) {
    let positive = values.filter { $0 > 0 && $0.isFinite }
    let most = positive.max() ?? 1
    self.isLogarithmic = isLogarithmic
    guard isLogarithmic else {
      let step = Self.step(atLeast: most / 5)
      let count = Int((most / step).rounded(.up))
      lowest = 0
      highest = step * Double(max(count, 1))
      marks = (0...max(count, 1)).map { step * Double($0) }
      return
    }
    let rounded = Self.roundNumbers(from: positive.min() ?? most, to: most)
    marks = rounded
    lowest = rounded.first ?? most
    highest = rounded.last ?? most
  }

  /// Where a value stands, 0 at the lowest and 1 at the highest.
  func fraction(_ value: Double) -> Double {
    guard highest > lowest else { return 0.5 }
    guard isLogarithmic else { return (value - lowest) / (highest - lowest) }
    return (logarithm2(value) - logarithm2(lowest)) / (logarithm2(highest) - logarithm2(lowest))
  }

  /// The smallest of 1, 2, 2.5, 5 times a power of ten that is not below a number.
  private static func step(atLeast number: Double) -> Double {
    var power = 1.0
    while power * 10 <= number { power *= 10 }
    while power > number { power /= 10 }
    return [1, 2, 2.5, 5, 10].map { $0 * power }.first { $0 >= number } ?? 10 * power
  }

  /// 1, 2 and 5 times powers of ten, from the last one not above `least` to the first one not below `most`.
  private static func roundNumbers(from least: Double, to most: Double) -> [Double] {
    var power = 1.0
    while power > least { power /= 10 }
    while power * 10 <= least { power *= 10 }
    var numbers: [Double] = []
    while numbers.last.map({ $0 < most }) ?? true {
      for factor in [1.0, 2, 5] where numbers.last.map({ $0 < most }) ?? true { numbers.append(factor * power) }
      power *= 10
    }
    let first = numbers.lastIndex { $0 <= least } ?? 0
    return Array(numbers[first...])
  }
}
