import ClusterSimulation
import Parallelism
import Quantities

/// What to search for.
public struct PlanRequest: Sendable {
  /// What is trained, where and how. Its plan gives the schedule; the rest is searched.
  public var setup: TrainingSetup
  /// Which plans.
  public var method = SearchMethod.bmw
  /// What may vary.
  public var space: SpaceOptions
  /// Batch sizes to try.
  public var globalBatches: [Int]
  /// Micro-batches to try; all divisors of a batch when `nil`.
  public var microBatches: [Int]?
  /// Bytes of a unit of the memory axis; 1 for exact bytes.
  public var memoryUnit: Int64 = 1 << 20
  /// Plans to keep.
  public var count = 5
  /// Asked between two parts of the work; the search ends with what it has when it says so.
  public var isCancelled: @Sendable () -> Bool = { false }
  /// Told what is looked at next.
  public var progress: @Sendable (String) -> Void = { _ in }

  /// Asks for the setup's batch size.
  public init(setup: TrainingSetup, space: SpaceOptions) {
    self.setup = setup
    self.space = space
    globalBatches = [setup.job.globalBatch]
  }
}

/// A plan the search found.
public struct FoundPlan: Hashable, Sendable {
  /// The plan.
  public let plan: ParallelPlan
  /// Sequences of an iteration.
  public let globalBatch: Int
  /// Modelled seconds of an iteration.
  public var analyticTime: Double
  /// Modelled bytes by stage.
  public let memory: [Int64]
  /// Evenness of time over stages: `1 - max / sum`.
  public let timeBalance: Double
  /// Evenness of memory over stages.
  public let memoryBalance: Double
  /// Factor of the correction that ``analyticTime`` holds.
  public let correction: Double

  /// Modelled sequences per second.
  public var throughput: Double { Double(globalBatch) / analyticTime }
}

/// A plan or a part of the space that was left out.
public struct RejectedPlan: Hashable, Sendable {
  /// What.
  public let summary: String
  /// Why.
  public let reason: String
}

/// What a search found.
public struct SearchOutcome: Sendable {
  /// The best plans, fastest per sequence first.
  public var plans: [FoundPlan]
  /// What was left out.
  public var rejected: [RejectedPlan]
  /// Strategies of the whole space, over all pipeline degrees.
  public var strategies: Int
  /// Strategies the method leaves out.
  public var pruned: Int
  /// Seconds per sequence times the best plan's batch below which no plan of the space is; `nil` when not all of the
  /// space was bounded.
  public var lowerBound: Double?
  /// Work done.
  public var statistics: SearchStatistics
  /// The plan nearest to fitting when none fits, and the bytes by which it misses.
  public var nearest: (plan: FoundPlan, missing: Int64)?
}

/// Searches the best plans under galvasim's own costs.
public struct PlanSearch {
  private let request: PlanRequest
  private let correction: CostCorrection
  private var outcome = SearchOutcome(
    plans: [], rejected: [], strategies: 0, pruned: 0, lowerBound: nil, statistics: SearchStatistics(), nearest: nil)
  private var candidates: [FoundPlan] = []
  /// Sequences per second of the best plan so far.
  private var best = 0.0
  /// Least seconds per sequence any plan can reach.
  private var bound = Double.infinity

  /// Sets up a search; `correction` comes from earlier simulations.
  public init(_ request: PlanRequest, correction: CostCorrection = CostCorrection()) {
    self.request = request
    self.correction = correction
  }

  /// Runs the search.
  public consuming func run() -> SearchOutcome {
    let setup = request.setup
    let devices = setup.cluster.deviceCount
    let experts = setup.model.blocks.map(\.expertCount).max() ?? 0
    let all = StrategySpace(devices: devices, options: request.space, experts: experts)
    let space = request.method.restrict(all, devices: devices)
    outcome.strategies = all.count
    outcome.pruned = all.count - space.count
    var isComplete = true
    for batch in request.globalBatches {
      for stage in space.stages {
        for count in microBatches(batch) {
          guard !request.isCancelled() else {
            isComplete = false
            continue
          }
          search(stage, batch: batch, microBatches: count)
        }
      }
    }
    outcome.plans = Self.distinct(candidates, count: request.count)
    if isComplete, request.method == .bmw, let best = outcome.plans.first, bound < .infinity {
      outcome.lowerBound = min(bound * Double(best.globalBatch), best.analyticTime)
    }
    return outcome
  }

  private func microBatches(_ batch: Int) -> [Int] {
    (request.microBatches ?? Array(1...batch)).filter { $0 >= 1 && batch % $0 == 0 }
  }

  /// One batch size, pipeline degree and number of micro-batches.
  private mutating func search(_ stage: StrategySpace.Stage, batch: Int, microBatches: Int) {
    var setup = request.setup
    setup.job.globalBatch = batch
    guard stage.pipeline <= setup.model.blocks.count else { return }
    request.progress("batch \(batch), \(stage.pipeline) stages, \(microBatches) micro-batches")
    let size = batch / microBatches
    let strategies = stage.strategies.filter { size % $0.dataParallel == 0 }
    guard !strategies.isEmpty else { return }
    let probe = PlanProbe(setup: setup, pipeline: stage.pipeline, microBatches: microBatches)
    let (table, rejected) = probe.table(strategies)
    note(rejected)
    guard let table else { return }
    let corrected = correction.applied(to: table)
    let limits = (0..<stage.pipeline).map {
      setup.memoryCapacity.count - correction.memory(pipeline: stage.pipeline, stage: $0)
    }
    var partitions = PartitionSearch(
      solver: StageSolver(table: corrected, limits: limits, unit: request.memoryUnit))
    for edge in corrected.strategies.indices where corrected.strategies[edge].recompute == .none {
      search(&partitions, edge: edge, batch: batch)
    }
    outcome.statistics.dynamicPrograms += partitions.solver.statistics.dynamicPrograms
    outcome.statistics.labels += partitions.solver.statistics.labels
    outcome.statistics.candidates += partitions.solver.statistics.candidates
    outcome.statistics.plansScored += partitions.scored
  }

  private mutating func search(_ partitions: inout PartitionSearch, edge: Int, batch: Int) {
    var found: [PartitionedPlan] = []
    switch request.method {
    case .bmw:
      let (plan, bound) = partitions.optimal(edge: edge, below: worthwhile(batch))
      self.bound = min(self.bound, bound.lower / Double(batch))
      found = [plan].compactMap { $0 }
    case .memoryBalanced:
      found = [partitions.memoryBalancedDivision(edge: edge)].compactMap { $0 }
        .compactMap { partitions.plan(division: $0, edge: edge) }
    case .timeBalanced:
      found = [partitions.timeBalancedDivision(edge: edge)].compactMap { $0 }
        .compactMap { partitions.plan(division: $0, edge: edge) }
    default:
      found = [partitions.evenDivision()].compactMap { $0 }
        .compactMap { partitions.plan(division: $0, edge: edge) }
    }
    let table = partitions.solver.table
    candidates += found.map { self.plan($0, table, batch: batch) }
    best = max(best, candidates.map(\.throughput).max() ?? 0)
    if found.isEmpty, candidates.isEmpty { noteNearest(&partitions, edge: edge, batch: batch) }
  }

  /// Seconds of an iteration beyond which a plan is not worth finding: well beyond the best so far, because the
  /// simulator may turn the order of near plans around.
  private func worthwhile(_ batch: Int) -> Double {
    guard best > 0 else { return .infinity }
    return Self.margin * Double(batch) / best
  }

  /// How much slower than the best a plan may be by the formula and still be looked at.
  private static let margin = 1.5

  /// The plan in the simulator's terms.
  private func plan(_ found: PartitionedPlan, _ table: StageCostTable, batch: Int) -> FoundPlan {
    var edge = table.strategies[found.edge]
    edge.expertParallel = 1
    let plan = ParallelPlan(
      pipelineParallel: table.stageCount, virtualStages: 1, layersPerStage: found.division,
      layers: found.choice.map { table.strategies[$0] }, embedding: edge, head: edge,
      microBatches: table.objective.microBatches, schedule: PlanProbe.schedule(of: request.setup))
    return FoundPlan(
      plan: plan, globalBatch: batch, analyticTime: found.time, memory: found.memory,
      timeBalance: BalancedPartition.degree(found.costs.map(\.step)),
      memoryBalance: BalancedPartition.degree(found.memory.map { Double($0) }),
      correction: correction.factor(pipeline: table.stageCount))
  }

  /// Remembers what misses the limit least when nothing fits: every block under its smallest strategy.
  private mutating func noteNearest(_ partitions: inout PartitionSearch, edge: Int, batch: Int) {
    guard let division = partitions.memoryBalancedDivision(edge: edge) else { return }
    let table = partitions.solver.table
    var choice: [Int] = []
    var first = 0
    for (stage, count) in division.enumerated() {
      choice += (first..<first + count).map { block in
        table.strategies.indices.min {
          table.bytes(table.price(stage, block, $0), stage: stage)
            < table.bytes(table.price(stage, block, $1), stage: stage)
        } ?? 0
      }
      first += count
    }
    let plan = self.plan(partitions.finished(division, choice: choice, edge: edge), table, batch: batch)
    let missing = zip(plan.memory, partitions.solver.limits).map { $0 - $1 }.max() ?? 0
    if outcome.nearest.map({ missing < $0.missing }) ?? true { outcome.nearest = (plan, missing) }
  }

  private mutating func note(_ rejected: [RejectedStrategy]) {
    for item in rejected {
      let line = RejectedPlan(
        summary: "pp \(item.pipeline), \(item.strategy.text)",
        reason: String(item.reason.split(separator: "\n").first ?? ""))
      if !outcome.rejected.contains(line) { outcome.rejected.append(line) }
    }
  }

  /// The fastest plans per sequence, one for each pipeline degree, number of micro-batches and batch size first, then the
  /// others.
  private static func distinct(_ plans: [FoundPlan], count: Int) -> [FoundPlan] {
    let sorted = plans.enumerated().sorted {
      $0.element.throughput != $1.element.throughput
        ? $0.element.throughput > $1.element.throughput : $0.offset < $1.offset
    }.map(\.element)
    var chosen: [FoundPlan] = []
    for isStrict in [true, false] {
      for plan in sorted where chosen.count < count && !chosen.contains(plan) {
        let isLike = chosen.contains { $0.isLike(plan, isStrict: isStrict) }
        if !isLike { chosen.append(plan) }
      }
    }
    return chosen.enumerated().sorted {
      $0.element.throughput != $1.element.throughput
        ? $0.element.throughput > $1.element.throughput : $0.offset < $1.offset
    }.map(\.element)
  }
}

extension FoundPlan {
  /// Whether another plan tells nothing new: the same frame (strictly), or the same plan.
  func isLike(_ other: FoundPlan, isStrict: Bool) -> Bool {
    guard isStrict else { return plan == other.plan && globalBatch == other.globalBatch }
    return plan.pipelineParallel == other.plan.pipelineParallel && plan.microBatches == other.plan.microBatches
      && globalBatch == other.globalBatch
  }
}
