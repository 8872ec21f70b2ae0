import ClusterSimulation
import Parallelism
import Quantities

/// Searches the best plans under galvasim's own costs.
public struct PlanSearch {
  private let request: PlanRequest
  private let correction: CostCorrection
  private let space: StrategySpace
  /// What was found for each memory limit.
  private var shelves: [PlanShelf]
  private var rejected: [RejectedPlan] = []
  private var isComplete = true
  private let strategies: Int
  private let prunedByRules: Int

  /// Sets up a search; `correction` comes from earlier simulations.
  public init(_ request: PlanRequest, correction: CostCorrection = CostCorrection()) {
    self.init(request, limits: [request.setup.memoryCapacity.count], correction: correction)
  }

  private init(_ request: PlanRequest, limits: [Int64], correction: CostCorrection) {
    self.request = request
    self.correction = correction
    let setup = request.setup
    let devices = setup.cluster.deviceCount
    let experts = setup.model.blocks.map(\.expertCount).max() ?? 0
    let all = StrategySpace(devices: devices, options: request.space, experts: experts)
    strategies = all.count
    prunedByRules = all.pruned
    rejected = all.unnamed.map { item in
      RejectedPlan(
        summary: "pp \(item.pipeline), \(item.leaf.text)", reason: "no layer strategy expresses it (\(item.reason))")
    }
    space = request.method.restrict(all, devices: devices)
    shelves = limits.map { PlanShelf(limit: $0) }
  }

  /// Runs the search.
  public consuming func run() -> SearchOutcome {
    var session = SearchSession()
    return run(in: &session)
  }

  /// Runs the search with what others of its setup have compiled.
  public consuming func run(in session: inout SearchSession) -> SearchOutcome {
    sweep(&session)
    return outcome(shelves[0])
  }

  /// Searches for several memory limits in one pass: the dynamic programs are solved once, up to the highest.
  ///
  /// - Parameters:
  ///   - request: What to search for; its setup's own memory limit does not count.
  ///   - limits: Bytes a GPU may use, at least one.
  /// - Returns: What ``run(in:)`` would give for each of them.
  public static func outcomes(
    _ request: PlanRequest, limits: [Int64], in session: inout SearchSession
  ) -> [SearchOutcome] {
    var search = PlanSearch(request, limits: limits, correction: CostCorrection())
    search.sweep(&session)
    return search.shelves.map(search.outcome)
  }

  /// Plans of one partition for every frame first, then the best partitions where they may win; the most promising frames
  /// come first.
  private mutating func sweep(_ session: inout SearchSession) {
    session.open(request.setup)
    var frames: [PlanFrame] = []
    for batch in request.globalBatches {
      for stage in space.stages {
        for count in microBatches(batch) where !isCancelled() {
          if let frame = frame(stage, batch: batch, microBatches: count, &session.prices) { frames.append(frame) }
        }
      }
    }
    let order = frames.indices.sorted {
      let (left, right) = (frames[$0].floor / Double(frames[$0].batch), frames[$1].floor / Double(frames[$1].batch))
      return left != right ? left < right : $0 < $1
    }
    // An interrupted search still looks for one plan among the frames it has prices of.
    for index in order where !isCancelled() || shelves.allSatisfy(\.isEmpty) {
      request.progress(frames[index].summary)
      visit(frames[index]) { shelf, partitions in shelf.add(frames[index], &partitions) }
    }
    guard request.method == .bmw else { return }
    for index in order where !isCancelled() {
      request.progress("\(frames[index].summary), best partition")
      visit(frames[index]) { shelf, partitions in shelf.improve(frames[index], &partitions) }
    }
  }

  private mutating func isCancelled() -> Bool {
    let isCancelled = request.isCancelled()
    if isCancelled { isComplete = false }
    return isCancelled
  }

  private func outcome(_ shelf: PlanShelf) -> SearchOutcome {
    var outcome = SearchOutcome(
      plans: shelf.distinct(count: request.count), baselines: shelf.baselines, rejected: rejected,
      strategies: strategies,
      pruned: prunedByRules + strategies - space.count, lowerBound: nil, statistics: shelf.statistics,
      nearest: shelf.nearest)
    if isComplete, request.method == .bmw, let best = outcome.plans.first, shelf.bound < .infinity {
      outcome.lowerBound = min(shelf.bound * Double(best.globalBatch), best.analyticTime)
    }
    return outcome
  }

  private func microBatches(_ batch: Int) -> [Int] {
    (request.microBatches ?? Array(1...batch)).filter { $0 >= 1 && batch % $0 == 0 }
  }

  /// The prices of one batch size, pipeline degree and number of micro-batches; `nil` when nothing can run.
  private mutating func frame(
    _ stage: StrategySpace.Stage, batch: Int, microBatches: Int, _ prices: inout PriceBook
  ) -> PlanFrame? {
    var setup = request.setup
    setup.job.globalBatch = batch
    guard stage.pipeline <= setup.model.blocks.count else { return nil }
    request.progress("prices of batch \(batch), \(stage.pipeline) stages, \(microBatches) micro-batches")
    let size = batch / microBatches
    let strategies = stage.strategies.filter { size % $0.dataParallel == 0 }
    guard !strategies.isEmpty else { return nil }
    let (table, refused) = prices.table(
      setup, pipeline: stage.pipeline, microBatches: microBatches, strategies: strategies)
    note(refused)
    return table.map { PlanFrame(table: $0, correction: correction, batch: batch, request: request) }
  }

  /// Looks at a frame for every memory limit, from the highest down: what fits the lower ones is solved with it.
  private mutating func visit(_ frame: PlanFrame, _ body: (inout PlanShelf, inout PartitionSearch) -> Void) {
    let stages = frame.table.stageCount
    let excess = (0..<stages).map { correction.memory(pipeline: stages, stage: $0) }
    let most = shelves.map(\.limit).max() ?? 0
    var partitions = PartitionSearch(
      solver: StageSolver(table: frame.corrected, limits: excess.map { most - $0 }, unit: request.memoryUnit))
    for index in shelves.indices.sorted(by: { shelves[$0].limit > shelves[$1].limit }) {
      let (before, scored) = (partitions.solver.statistics, partitions.scored)
      partitions.restrict(to: excess.map { shelves[index].limit - $0 })
      body(&shelves[index], &partitions)
      shelves[index].statistics.add(partitions.solver.statistics, since: before)
      shelves[index].statistics.plansScored += partitions.scored - scored
    }
  }

  private mutating func note(_ refused: [RejectedStrategy]) {
    for item in refused {
      let line = RejectedPlan(
        summary: "pp \(item.pipeline), \(item.strategy.text)",
        reason: String(item.reason.split(separator: "\n").first ?? ""))
      if !rejected.contains(line) { rejected.append(line) }
    }
  }
}
