import ClusterSimulation
import Parallelism
import Quantities

/// Prices of layers that searches of one setup have compiled: each is compiled once, whatever the method, the memory limit, the
/// batch and the number of micro-batches it is asked for.
///
/// What a layer takes depends on the pipeline degree, on the size of a micro-batch and on the strategy alone.
struct PriceBook: Sendable {
  private struct Place: Hashable {
    var pipeline: Int
    var size: Int
  }

  /// Two layouts next to each other.
  fileprivate struct Change: Hashable {
    var from: LayerStrategy
    var to: LayerStrategy
  }

  fileprivate struct Page {
    var profiles: [LayerStrategy: Result<[StageProfile], SimulationError>] = [:]
    /// Seconds of changes, by kind of block.
    var changes: [[Change: Double]] = []
  }

  private var pages: [Place: Page] = [:]

  /// Prices of the strategies that can run; those that cannot come with the reason. All setups it is asked for are alike up
  /// to batch, memory limit and plan.
  mutating func table(
    _ setup: TrainingSetup, pipeline: Int, microBatches: Int, strategies candidates: [LayerStrategy]
  ) -> (table: StageCostTable?, rejected: [RejectedStrategy]) {
    let probe = PlanProbe(setup: setup, pipeline: pipeline, size: setup.job.globalBatch / microBatches)
    let place = Place(pipeline: pipeline, size: probe.size)
    var page = pages.removeValue(forKey: place) ?? Page()
    defer { pages[place] = page }
    var strategies: [LayerStrategy] = []
    var profiles: [[StageProfile]] = []
    var rejected: [RejectedStrategy] = []
    for strategy in candidates {
      switch page.profile(strategy, probe) {
      case .success(let stages):
        profiles.append(stages)
        strategies.append(strategy)
      case .failure(let error):
        rejected.append(
          RejectedStrategy(strategy: strategy, pipeline: pipeline, microBatches: microBatches, reason: "\(error)"))
      }
    }
    guard !strategies.isEmpty else { return (nil, rejected) }
    let transition = probe.kinds.indices.map { page.transitions(strategies, kind: $0, probe) }
    return (probe.table(strategies, profiles, transition: transition, microBatches: microBatches), rejected)
  }
}

extension PriceBook.Page {
  /// Profiles of all stages when every layer has one strategy.
  mutating func profile(
    _ strategy: LayerStrategy, _ probe: PlanProbe
  ) -> Result<[StageProfile], SimulationError> {
    if let known = profiles[strategy] { return known }
    let result: Result<[StageProfile], SimulationError>
    do throws(SimulationError) { result = .success(try probe.profile(strategy)) } catch { result = .failure(error) }
    profiles[strategy] = result
    return result
  }

  /// Seconds between every two strategies before a block of a kind; what only differs in sharding or recomputation is
  /// the same layout.
  mutating func transitions(_ strategies: [LayerStrategy], kind: Int, _ probe: PlanProbe) -> [Double] {
    let layoutOf = strategies.map(\.layout)
    var layouts: [LayerStrategy] = []
    for layout in layoutOf where !layouts.contains(layout) { layouts.append(layout) }
    while changes.count <= kind { changes.append([:]) }
    let isMissing = layouts.contains { from in
      layouts.contains { $0 != from && changes[kind][PriceBook.Change(from: from, to: $0)] == nil }
    }
    if isMissing, let prices = probe.layoutChanges(layouts, kind: kind) {
      for (row, from) in layouts.enumerated() {
        for (column, to) in layouts.enumerated() where row != column {
          changes[kind][PriceBook.Change(from: from, to: to)] = prices[row][column]
        }
      }
    }
    return layoutOf.flatMap { from in
      layoutOf.map { to in from == to ? 0 : changes[kind][PriceBook.Change(from: from, to: to)] ?? 0 }
    }
  }
}

extension LayerStrategy {
  /// What of a strategy decides where activations lie: not sharding, recomputation or experts.
  fileprivate var layout: LayerStrategy {
    var layout = self
    layout.zero = .none
    layout.recompute = .none
    layout.expertParallel = 1
    return layout
  }
}
