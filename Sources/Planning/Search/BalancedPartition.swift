/// Splits layers over stages so that the heaviest stage is as light as can be.
public enum BalancedPartition {
  /// The split with the least greatest weight; of several the one with more layers on the last stages.
  ///
  /// - Parameters:
  ///   - layers: Layers.
  ///   - stages: Stages; each gets at least one layer.
  ///   - weight: Weight of a layer on a stage, not negative.
  ///   - extra: Weight a stage has without layers.
  /// - Returns: `nil` with fewer layers than stages.
  /// - Complexity: O(layers^2 * stages).
  public static func division(
    layers: Int, stages: Int, extra: [Double], weight: (_ stage: Int, _ layer: Int) -> Double
  ) -> [Int]? {
    guard stages >= 1, layers >= stages else { return nil }
    var best = [[Double]](repeating: Array(repeating: .infinity, count: layers + 1), count: stages + 1)
    var cut = [[Int]](repeating: Array(repeating: 0, count: layers + 1), count: stages + 1)
    best[0][0] = 0
    for stage in 0..<stages {
      for first in stage..<layers where best[stage][first] < .infinity {
        var heavy = extra[stage]
        for last in first..<layers - (stages - stage - 1) {
          heavy += weight(stage, last)
          let value = max(best[stage][first], heavy)
          if value < best[stage + 1][last + 1] {
            best[stage + 1][last + 1] = value
            cut[stage + 1][last + 1] = first
          }
        }
      }
    }
    var division: [Int] = []
    var end = layers
    for stage in stride(from: stages, to: 0, by: -1) {
      division.append(end - cut[stage][end])
      end = cut[stage][end]
    }
    return division.reversed()
  }

  /// How evenly something is spread: `1 - max / sum`, from 0 to `1 - 1/P` (Galvatron-BMW, arXiv 2307.02031).
  public static func degree(_ values: [Double]) -> Double {
    let sum = values.reduce(0, +)
    return sum > 0 ? 1 - (values.max() ?? 0) / sum : 0
  }
}
