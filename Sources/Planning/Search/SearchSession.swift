import ClusterSimulation
import Parallelism

/// What searches of one setup share: prices of layers and simulated plans.
///
/// A search gives the same result with a fresh session and with a used one; it only takes less time. Setups that differ in
/// more than batch size, memory limit and plan (of the plan, its schedule counts) empty the session.
public struct SearchSession: Sendable {
  private var basis: TrainingSetup?
  /// Prices of layers.
  var prices = PriceBook()
  /// Simulated plans.
  var judge = PlanJudge()

  /// Knows nothing.
  public init() {}

  /// Gets ready for a setup.
  mutating func open(_ setup: TrainingSetup) {
    var basis = setup
    basis.job.globalBatch = 0
    basis.options.memoryLimit = nil
    basis.plan = ParallelPlan(
      pipelineParallel: 1, virtualStages: 1, layersPerStage: [], layers: [], embedding: LayerStrategy(),
      head: LayerStrategy(), microBatches: 1, schedule: PlanProbe.schedule(of: setup))
    guard basis != self.basis else { return }
    self = SearchSession()
    self.basis = basis
  }
}
