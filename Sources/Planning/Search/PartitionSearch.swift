/// A partition with the strategies of all its stages.
struct PartitionedPlan: Hashable, Sendable {
  /// Blocks of each stage.
  let division: [Int]
  /// Strategy of each block, as index of the table's.
  let choice: [Int]
  /// Strategy of embedding and head.
  let edge: Int
  /// What each stage takes.
  let costs: [StageCost]
  /// Bytes of each stage.
  let memory: [Int64]
  /// Modelled seconds of an iteration.
  let time: Double
}

/// Plans of one table: by partition, by the walk of Galvatron-BMW, and by the optimal partition.
struct PartitionSearch {
  /// Solves stages.
  var solver: StageSolver
  private var known: [Known: PartitionedPlan?] = [:]
  /// Finished plans scored.
  private(set) var scored = 0

  private struct Known: Hashable {
    var division: [Int]
    var edge: Int
  }

  private var table: StageCostTable { solver.table }

  init(solver: StageSolver) { self.solver = solver }

  /// Changes the limits of all stages, up to those it was made with.
  mutating func restrict(to limits: [Int64]) {
    guard limits != solver.limits else { return }
    solver.limits = limits
    known = [:]
  }

  /// The fastest plan of a partition; `nil` when a stage does not fit.
  mutating func plan(division: [Int], edge: Int) -> PartitionedPlan? {
    let key = Known(division: division, edge: edge)
    if let plan = known[key] { return plan }
    let plan = solve(division, edge)
    known[key] = plan
    return plan
  }

  private mutating func solve(_ division: [Int], _ edge: Int) -> PartitionedPlan? {
    var first = 0
    var choice: [Int] = []
    for (stage, count) in division.enumerated() {
      guard let best = solver.best(stage: stage, blocks: first..<first + count, edge: edge) else { return nil }
      choice += best.strategies
      first += count
    }
    return finished(division, choice: choice, edge: edge)
  }

  /// A plan with its costs.
  mutating func finished(_ division: [Int], choice: [Int], edge: Int) -> PartitionedPlan {
    scored += 1
    let costs = table.costs(division, choice: choice, edge: edge)
    let memory = table.memory(division, choice: choice, edge: edge)
    return PartitionedPlan(
      division: division, choice: choice, edge: edge, costs: costs, memory: memory, time: table.objective.time(costs))
  }

  // MARK: Partitions

  /// As even as possible, the remainder in the middle.
  func evenDivision() -> [Int]? {
    let (blocks, stages) = (table.kindOfBlock.count, table.stageCount)
    guard blocks >= stages else { return nil }
    var counts = Array(repeating: blocks / stages, count: stages)
    let rest = blocks % stages
    for index in (stages - rest) / 2..<(stages - rest) / 2 + rest { counts[index] += 1 }
    return counts
  }

  /// The heaviest stage as light as can be, in bytes with the micro-batches each stage has in flight, under the first
  /// strategy of the table.
  func memoryBalancedDivision(edge: Int) -> [Int]? {
    balanced(edge: edge) { table, stage, price in Double(table.bytes(price, stage: stage)) }
  }

  /// The slowest stage as fast as can be, under each block's fastest strategy.
  func timeBalancedDivision(edge: Int) -> [Int]? {
    balanced(edge: edge) { _, _, price in price.cost.step }
  }

  private func balanced(
    edge: Int, _ measure: (StageCostTable, Int, StageCostTable.Price) -> Double
  ) -> [Int]? {
    let table = table
    let weights = table.blocks.indices.map { stage in
      table.blocks[stage].map { prices in prices.map { measure(table, stage, $0) }.min() ?? 0 }
    }
    let extra = table.blocks.indices.map { stage in
      table.edges(stage, edge).reduce(0) { $0 + measure(table, stage, $1) }
    }
    return BalancedPartition.division(
      layers: table.kindOfBlock.count, stages: table.stageCount, extra: extra
    ) { stage, layer in weights[stage][table.kindOfBlock[layer]] }
  }
}
