import Planning
import TestSupport
import Testing

@Suite("Dynamic program over layers, memory and strategies")
struct ChainSolverTests {
  /// A small problem: a few kinds of layers; transitions of every sort: none, orderings of 1e-9, and real ones.
  static func problem(_ generator: inout SeededGenerator, layers: ClosedRange<Int>, strategies: ClosedRange<Int>)
    -> ChainProblem
  {
    let count = Int.random(in: strategies, using: &generator)
    let kindCount = Int.random(in: 1...3, using: &generator)
    let scale = generator.pick([0.0, 1e-9, 0.01, 1.0])
    let kinds = (0..<kindCount).map { _ in
      ChainProblem.Kind(
        memory: (0..<count).map { _ in Int.random(in: 0...9, using: &generator) },
        time: (0..<count).map { _ in Double(Int.random(in: 1...40, using: &generator)) / 10 },
        transition: (0..<count * count).map { cell in
          cell / count == cell % count || generator.once(in: 3) ? 0 : Double.random(in: 0...scale, using: &generator)
        })
    }
    let length = Int.random(in: layers, using: &generator)
    let order = (0..<length).map { _ in Int.random(in: 0..<kindCount, using: &generator) }.sorted()
    return ChainProblem(kinds: kinds, order: order, strategyCount: count)
  }

  @Test func `every answer equals the dense program's, to the bit`() {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<400 {
      let problem = Self.problem(&generator, layers: 1...9, strategies: 1...6)
      let limit = Int.random(in: 0...60, using: &generator)
      let dense = DenseProgram.best(problem, within: limit)
      let solution = ChainSolver(problem).best(within: limit)
      #expect(solution?.time == dense)
      #expect(ChainSolver(problem, prunes: false).best(within: limit)?.time == dense)
      guard let solution else { continue }
      let cost = problem.cost(of: solution.strategies)
      #expect(cost.memory == solution.memory && cost.memory <= limit && cost.time == solution.time)
    }
  }

  @Test func `every answer equals the best of all choices`() {
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<150 {
      let problem = Self.problem(&generator, layers: 1...4, strategies: 1...4)
      let limit = Int.random(in: 0...30, using: &generator)
      #expect(ChainSolver(problem).best(within: limit)?.time == DenseProgram.exhaustive(problem, within: limit))
    }
  }

  @Test func `one table answers every limit`() {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<60 {
      let problem = Self.problem(&generator, layers: 1...7, strategies: 1...5)
      let table = ChainSolver(problem).table(upTo: 70)
      for limit in 0...70 {
        #expect(table.solution(within: limit)?.time == DenseProgram.best(problem, within: limit))
      }
      #expect(zip(table.front, table.front.dropFirst()).allSatisfy { $0.memory < $1.memory && $0.time > $1.time })
    }
  }

  @Test func `more memory never takes longer and a further strategy never hurts`() {
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<80 {
      let problem = Self.problem(&generator, layers: 2...8, strategies: 2...6)
      let fewer = problem.keepingAllButLast
      var last = Double.infinity
      for limit in stride(from: 0, through: 60, by: 6) {
        let time = ChainSolver(problem).best(within: limit)?.time ?? .infinity
        #expect(time <= last)
        #expect(time <= ChainSolver(fewer).best(within: limit)?.time ?? .infinity)
        last = time
      }
    }
  }
}

extension ChainProblem {
  /// The problem without its last strategy.
  fileprivate var keepingAllButLast: ChainProblem {
    let count = strategyCount - 1
    let kinds = kinds.map { kind in
      Kind(
        memory: Array(kind.memory.prefix(count)), time: Array(kind.time.prefix(count)),
        transition: (0..<count).flatMap { row in (0..<count).map { kind.transition[row * strategyCount + $0] } })
    }
    return ChainProblem(kinds: kinds, order: order, strategyCount: count)
  }
}
