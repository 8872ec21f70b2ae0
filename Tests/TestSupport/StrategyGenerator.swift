import Parallelism

/// Draws the strategies of the layers of one plan.
struct StrategyGenerator {
  let stageSize: Int
  let hasExperts: Bool
  var generator: SeededGenerator

  /// One strategy for all layers, or a few mixed.
  mutating func layers(count: Int) -> [LayerStrategy] {
    let kinds = (0..<generator.pick([1, 1, 2, 3])).map { _ in strategy() }
    return (0..<count).map { _ in generator.pick(kinds) }
  }

  /// A strategy for the embedding or the head: its neighbour's or another.
  mutating func end(like neighbour: LayerStrategy) -> LayerStrategy {
    var strategy = generator.once(in: 3) ? strategy() : neighbour
    strategy.expertParallel = 1
    return strategy
  }

  private mutating func strategy() -> LayerStrategy {
    var strategy = LayerStrategy()
    var rest = stageSize
    strategy.contextParallel = takeDivisor(of: &rest, [1, 1, 1, 2, 3])
    if generator.once(in: 4) {
      strategy.ulysses = takeDivisor(of: &rest, [1, 2, 4])
    } else {
      strategy.tensorParallel = takeDivisor(of: &rest, [1, 2, 2, 3, 4])
      strategy.sequenceParallel = strategy.tensorParallel > 1 && generator.once(in: 2)
    }
    strategy.dataParallel = rest
    if hasExperts {
      let ranks = strategy.dataParallel * strategy.contextParallel
      strategy.expertParallel = generator.pick([1, 2, 4, 8].filter { ranks % $0 == 0 })
    }
    strategy.isConsecutive = !generator.once(in: 4)
    strategy.zero = generator.pick(ZeroStage.allCases)
    strategy.recompute = generator.pick([.none, .none, .selective, .full])
    return strategy
  }

  private mutating func takeDivisor(of rest: inout Int, _ degrees: [Int]) -> Int {
    let degree = generator.pick(degrees.filter { rest % $0 == 0 })
    rest /= degree
    return degree
  }
}
