import Parallelism

/// One batch size, pipeline degree and number of micro-batches: the prices plans are made from.
struct PlanFrame {
  /// Prices by the formula.
  let table: StageCostTable
  /// Prices with what simulations have taught.
  let corrected: StageCostTable
  /// Sequences of an iteration.
  let batch: Int
  let method: SearchMethod
  /// Seconds below which no plan of the frame is, memory aside.
  let floor: Double
  private let schedule: ScheduleChoice

  init(table: StageCostTable, correction: CostCorrection, batch: Int, request: PlanRequest) {
    self.table = table
    corrected = correction.applied(to: table)
    self.batch = batch
    method = request.method
    floor = corrected.floor
    schedule = PlanProbe.schedule(of: request.setup)
  }

  /// What it is, for people.
  var summary: String {
    "batch \(batch), \(table.stageCount) stages, \(table.objective.microBatches) micro-batches"
  }

  /// Strategies that embedding and head may have.
  var edges: [Int] { corrected.strategies.indices.filter { corrected.strategies[$0].recompute == .none } }

  /// A plan in the simulator's terms.
  func plan(_ found: PartitionedPlan) -> FoundPlan {
    var edge = table.strategies[found.edge]
    edge.expertParallel = 1
    let plan = ParallelPlan(
      pipelineParallel: table.stageCount, virtualStages: 1, layersPerStage: found.division,
      layers: found.choice.map { table.strategies[$0] }, embedding: edge, head: edge,
      microBatches: table.objective.microBatches, schedule: schedule)
    return FoundPlan(
      plan: plan, globalBatch: batch, analyticTime: found.time, memory: found.memory,
      timeBalance: BalancedPartition.degree(found.costs.map(\.step)),
      memoryBalance: BalancedPartition.degree(found.memory.map { Double($0) }),
      costs: table.costs(found.division, choice: found.choice, edge: found.edge), objective: table.objective)
  }
}

extension StageCostTable {
  /// Seconds below which no plan is, memory aside: every block under its fastest strategy, spread evenly.
  fileprivate var floor: Double {
    let least = blocks.map { kinds in kinds.map { $0.map(\.cost.step).min() ?? 0 } }
    let all = kindOfBlock.reduce(0.0) { sum, kind in sum + (least.map { $0[kind] }.min() ?? 0) }
    return all + Double(objective.microBatches - 1) * all / Double(stageCount) + objective.hops
  }
}
