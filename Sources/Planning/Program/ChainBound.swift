/// Lower bounds on what completing a partial choice takes, with memory priced at a fixed rate.
///
/// Relaxing the memory limit with a multiplier `rate` (seconds per unit) leaves a shortest path (Everett, Operations
/// Research 11(3), 1963): a partial choice with `time` and `memory` after a layer cannot end below
/// `time + completion[layer][strategy] - rate (limit - memory)`.
struct ChainBound {
  /// Seconds per unit of memory.
  let rate: Double
  /// Least `time + rate * memory` of the layers after a layer; shape `[layers * strategies]`.
  let completion: [Double]
  /// The choice that is best at this rate.
  let choice: [Int]

  /// Solves the relaxed problem from the last layer back.
  init(_ problem: ChainProblem, rate: Double) {
    let count = problem.strategyCount
    let layers = problem.layerCount
    var completion = [Double](repeating: 0, count: layers * count)
    var next = [Int](repeating: 0, count: layers * count)
    var price = [Double](repeating: 0, count: count)
    for layer in stride(from: layers - 1, to: 0, by: -1) {
      let kind = problem.kinds[problem.order[layer]]
      for strategy in 0..<count {
        price[strategy] =
          kind.time[strategy] + rate * Double(kind.memory[strategy]) + completion[layer * count + strategy]
      }
      for source in 0..<count {
        var best = Double.infinity
        var winner = 0
        let row = source * count
        for strategy in 0..<count {
          let value = kind.transition[row + strategy] + price[strategy]
          if value < best { (best, winner) = (value, strategy) }
        }
        completion[(layer - 1) * count + source] = best
        next[(layer - 1) * count + source] = winner
      }
    }
    self.rate = rate
    self.completion = completion
    choice = Self.follow(problem, completion, next, rate)
  }

  private static func follow(
    _ problem: ChainProblem, _ completion: [Double], _ next: [Int], _ rate: Double
  ) -> [Int] {
    let count = problem.strategyCount
    let first = problem.kinds[problem.order[0]]
    var best = (value: Double.infinity, strategy: 0)
    for strategy in 0..<count {
      let value = first.time[strategy] + rate * Double(first.memory[strategy]) + completion[strategy]
      if value < best.value { best = (value, strategy) }
    }
    var choice = [best.strategy]
    for layer in 0..<problem.layerCount - 1 { choice.append(next[layer * count + choice[layer]]) }
    return choice
  }
}

/// Rates that bound a problem well at a memory limit, and the best choice met on the way.
struct ChainRelaxation {
  /// Bounds, the weakest rate first; always with rate zero.
  let bounds: [ChainBound]
  /// The fastest choice found that fits.
  let incumbent: ChainSolution?

  /// Bisects the rate between one that does not fit and one that does.
  init(_ problem: ChainProblem, limit: Int) {
    let free = ChainBound(problem, rate: 0)
    var found = Incumbent(problem, limit)
    if found.consider(free.choice) {
      (bounds, incumbent) = ([free], found.best)
      return
    }
    let scale = problem.cost(of: free.choice)
    var low = free
    var high = free
    var rate = scale.time / Double(max(1, scale.memory))
    for _ in 0..<60 {
      high = ChainBound(problem, rate: rate)
      if found.consider(high.choice) { break }
      low = high
      rate *= 4
    }
    for _ in 0..<24 where high.choice != low.choice {
      let middle = ChainBound(problem, rate: (low.rate + high.rate) / 2)
      if found.consider(middle.choice) { high = middle } else { low = middle }
    }
    bounds = [free, low, high]
    incumbent = found.best
  }

  /// Keeps the fastest choice that fits.
  private struct Incumbent {
    let problem: ChainProblem
    let limit: Int
    var best: ChainSolution?

    init(_ problem: ChainProblem, _ limit: Int) {
      self.problem = problem
      self.limit = limit
    }

    /// Whether a choice fits; remembers it when it is the fastest so far.
    mutating func consider(_ choice: [Int]) -> Bool {
      let cost = problem.cost(of: choice)
      guard cost.memory <= limit else { return false }
      if best.map({ cost.time < $0.time }) ?? true {
        best = ChainSolution(strategies: choice, memory: cost.memory, time: cost.time)
      }
      return true
    }
  }
}
