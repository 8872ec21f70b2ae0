import Planning

/// The recurrence with a plain memory axis, cell by cell: the oracle of the fast solver.
struct DenseProgram {
  /// Time of the fastest choice within a limit; `nil` when nothing fits.
  static func best(_ problem: ChainProblem, within limit: Int) -> Double? {
    guard limit >= 0 else { return nil }
    let count = problem.strategyCount
    var cells = [[Double]](repeating: Array(repeating: 0, count: count), count: limit + 1)
    for (layer, kindIndex) in problem.order.enumerated() {
      let kind = problem.kinds[kindIndex]
      var next = [[Double]](repeating: Array(repeating: .infinity, count: count), count: limit + 1)
      for memory in 0...limit {
        for strategy in 0..<count where memory >= kind.memory[strategy] {
          let before = cells[memory - kind.memory[strategy]]
          for source in 0..<count {
            let transition = layer == 0 ? 0 : kind.transition[source * count + strategy]
            let time = before[source] + transition + kind.time[strategy]
            next[memory][strategy] = min(next[memory][strategy], time)
          }
        }
      }
      cells = next
    }
    let best = cells[limit].min() ?? .infinity
    return best < .infinity ? best : nil
  }

  /// The same by trying every choice.
  static func exhaustive(_ problem: ChainProblem, within limit: Int) -> Double? {
    var best: Double?
    var choice = Array(repeating: 0, count: problem.layerCount)
    repeat {
      let cost = problem.cost(of: choice)
      if cost.memory <= limit, best.map({ cost.time < $0 }) ?? true { best = cost.time }
    } while advance(&choice, problem.strategyCount)
    return best
  }

  /// Counts up; false after the last choice.
  static func advance(_ choice: inout [Int], _ count: Int) -> Bool {
    for index in choice.indices {
      choice[index] += 1
      if choice[index] < count { return true }
      choice[index] = 0
    }
    return false
  }
}
