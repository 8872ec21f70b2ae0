import Parallelism
import Planning
import TestSupport

@testable import Planning

/// Generated prices, small enough to try every plan.
enum SmallTables {
  /// A table of a few stages, blocks and strategies.
  static func table(_ generator: inout SeededGenerator) -> StageCostTable {
    let stages = Int.random(in: 1...3, using: &generator)
    let blocks = Int.random(in: stages...5, using: &generator)
    let strategies = Self.strategies(Int.random(in: 1...3, using: &generator))
    let kinds = Int.random(in: 1...2, using: &generator)
    let onceScale = generator.pick([0, 0, 5, 40])
    func price() -> StageCostTable.Price {
      StageCostTable.Price(
        cost: StageCost(
          step: Double(Int.random(in: 1...20, using: &generator)),
          once: Double(Int.random(in: 0...onceScale, using: &generator))),
        states: Int64.random(in: 0...6, using: &generator), kept: Int64.random(in: 0...3, using: &generator),
        transient: Int64.random(in: 0...2, using: &generator))
    }
    let own = (0..<kinds).map { _ in strategies.map { _ in price() } }
    return StageCostTable(
      strategies: strategies, kindOfBlock: (0..<blocks).map { _ in Int.random(in: 0..<kinds, using: &generator) },
      blocks: Array(repeating: own, count: stages), embedding: strategies.map { _ in price() },
      head: strategies.map { _ in price() },
      transition: (0..<kinds).map { _ in Array(repeating: 0, count: strategies.count * strategies.count) },
      fixed: Array(repeating: 1, count: stages),
      objective: PipelineObjective(
        stages: stages, microBatches: Int.random(in: 1...6, using: &generator), hops: 0.5),
      inFlight: (0..<stages).map { stages - $0 })
  }

  /// Distinct strategies without recomputation or sharding, so that one bound on memory held for a while serves all.
  private static func strategies(_ count: Int) -> [LayerStrategy] {
    (0..<count).map { index in
      var strategy = LayerStrategy()
      strategy.tensorParallel = 1 << index
      return strategy
    }
  }

  /// The least objective of any partition and choice, memory counted as the search counts it: kept and states by layer, and
  /// on every stage the most that any strategy of its blocks may hold for a while.
  static func exhaustive(_ table: StageCostTable, edge: Int, limit: Int64) -> Double? {
    best(table, edge: edge, limit: limit)?.time
  }

  /// The plan with that objective: its partition too.
  static func best(
    _ table: StageCostTable, edge: Int, limit: Int64
  ) -> (time: Double, division: [Int])? {
    var best: (time: Double, division: [Int])?
    for division in divisions(blocks: table.kindOfBlock.count, stages: table.stageCount) {
      var choice = Array(repeating: 0, count: table.kindOfBlock.count)
      repeat {
        guard let costs = costs(table, division, choice, edge, limit) else { continue }
        let time = table.objective.time(costs)
        if best.map({ time < $0.time }) ?? true { best = (time, division) }
      } while DenseProgram.advance(&choice, table.strategies.count)
    }
    return best
  }

  private static func costs(
    _ table: StageCostTable, _ division: [Int], _ choice: [Int], _ edge: Int, _ limit: Int64
  ) -> [StageCost]? {
    var first = 0
    var costs: [StageCost] = []
    for (stage, count) in division.enumerated() {
      let own = Array(choice[first..<first + count])
      let prices = own.enumerated().map { table.price(stage, first + $0, $1) } + table.edges(stage, edge)
      let held = table.blocks[stage].flatMap { $0.map(\.transient) } + table.edges(stage, edge).map(\.transient)
      let memory = table.fixed[stage] + prices.reduce(0) { $0 + table.bytes($1, stage: stage) } + (held.max() ?? 0)
      guard memory <= limit else { return nil }
      costs.append(table.cost(stage: stage, first: first, choice: own, edge: edge))
      first += count
    }
    return costs
  }

  /// All splits of blocks over stages, at least one each.
  static func divisions(blocks: Int, stages: Int) -> [[Int]] {
    guard stages > 1 else { return [[blocks]] }
    return (1...blocks - stages + 1).flatMap { first in
      divisions(blocks: blocks - first, stages: stages - 1).map { [first] + $0 }
    }
  }
}
