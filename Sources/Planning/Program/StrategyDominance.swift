/// Strategies that no best choice needs.
enum StrategyDominance {
  /// Strategies that are left, ascending.
  ///
  /// A strategy is dropped when another one needs no more memory in every kind of layer and is faster by more than
  /// coming to it and leaving it can cost more: then a whole run of the first can be replaced by the second. The
  /// argument holds for runs of any length, because each layer of the run gains and the detour is paid once.
  static func survivors(of problem: ChainProblem) -> [Int] {
    var alive = [Bool](repeating: true, count: problem.strategyCount)
    for candidate in 0..<problem.strategyCount {
      let winner = (0..<problem.strategyCount).first {
        $0 != candidate && alive[$0] && dominates($0, candidate, problem)
      }
      if winner != nil { alive[candidate] = false }
    }
    return (0..<problem.strategyCount).filter { alive[$0] }
  }

  /// Whether `winner` can replace any run of `loser`.
  private static func dominates(_ winner: Int, _ loser: Int, _ problem: ChainProblem) -> Bool {
    let count = problem.strategyCount
    for kind in problem.kinds where kind.memory[winner] > kind.memory[loser] { return false }
    var arriving = 0.0
    var leaving = 0.0
    for kind in problem.kinds {
      guard kind.transition[winner * count + winner] <= kind.transition[loser * count + loser] else { return false }
      for other in 0..<count where other != loser {
        arriving = max(arriving, kind.transition[other * count + winner] - kind.transition[other * count + loser])
        leaving = max(leaving, kind.transition[winner * count + other] - kind.transition[loser * count + other])
      }
    }
    return problem.kinds.allSatisfy { kind in
      let gain = kind.time[loser] - kind.time[winner] - arriving - leaving
      return gain > 0 || (gain == 0 && winner < loser)
    }
  }
}

extension ChainProblem {
  /// The problem with some of its strategies.
  func keeping(_ strategies: [Int]) -> ChainProblem {
    let reduced = kinds.map { kind in
      Kind(
        memory: strategies.map { kind.memory[$0] }, time: strategies.map { kind.time[$0] },
        transition: strategies.flatMap { row in strategies.map { kind.transition[row * strategyCount + $0] } })
    }
    return ChainProblem(kinds: reduced, order: order, strategyCount: strategies.count)
  }
}
