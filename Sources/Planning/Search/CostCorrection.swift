import Parallelism

/// What simulations have shown of the formula's errors: factors of time for each strategy of a pipeline degree, and bytes for
/// each of its stages.
///
/// A simulated plan tells for each stage how much longer its busiest rank worked than the formula said, and how much longer
/// the whole iteration took than the formula makes of those stages. The product is put down to every strategy of the
/// stage, weighted by layers. Strategies no simulation has met take the mean of their pipeline degree, degrees no simulation
/// has met take the formula's word.
public struct CostCorrection: Hashable, Sendable {
  /// A weighted mean of ratios.
  private struct Mean: Hashable {
    var sum = 0.0
    var weight = 0.0

    var value: Double { weight > 0 ? sum / weight : 1 }

    mutating func add(_ ratio: Double, weight more: Double) {
      sum += ratio * more
      weight += more
    }
  }

  private struct Degree: Hashable {
    var all = Mean()
    var strategies: [LayerStrategy: Mean] = [:]
    var bytes: [Int64] = []
  }

  private var degrees: [Int: Degree] = [:]

  /// Nothing known.
  public init() {}

  /// Whether nothing is known.
  public var isEmpty: Bool { degrees.isEmpty }

  /// Seconds simulated over seconds modelled of a strategy.
  public func factor(pipeline: Int, _ strategy: LayerStrategy) -> Double {
    guard let degree = degrees[pipeline] else { return 1 }
    return degree.strategies[strategy]?.value ?? degree.all.value
  }

  /// Bytes a stage needs beyond what the formula says.
  public func memory(pipeline: Int, stage: Int) -> Int64 {
    guard let bytes = degrees[pipeline]?.bytes, bytes.indices.contains(stage) else { return 0 }
    return bytes[stage]
  }

  /// Learns from a simulated plan that fits.
  ///
  /// - Parameters:
  ///   - plan: The plan, with the formula's costs.
  ///   - busy: Seconds the busiest rank of each stage worked; shape `[stages]`.
  ///   - time: Seconds of the iteration.
  mutating func learn(_ plan: FoundPlan, busy: [Double], time: Double) {
    guard busy.count == plan.costs.count else { return }
    let count = Double(plan.objective.microBatches)
    let ratios = zip(busy, plan.costs).map { work, cost in
      let formula = count * cost.step + cost.once
      return formula > 0 && work > 0 ? work / formula : 1
    }
    let scaled = zip(ratios, plan.costs).map { StageCost(step: $0 * $1.step, once: $0 * $1.once) }
    let structure = time / plan.objective.time(scaled)
    var degree = degrees[plan.plan.pipelineParallel] ?? Degree()
    var first = 0
    for (stage, layers) in plan.plan.layersPerStage.enumerated() {
      for strategy in plan.plan.layers[first..<first + layers] {
        degree.strategies[strategy, default: Mean()].add(structure * ratios[stage], weight: 1)
      }
      degree.all.add(structure * ratios[stage], weight: Double(layers))
      first += layers
    }
    degrees[plan.plan.pipelineParallel] = degree
  }

  /// Learns from a plan that ran out of memory: how much more each stage needed than the formula said.
  mutating func learn(pipeline: Int, missing: [Int64]) {
    var degree = degrees[pipeline] ?? Degree()
    degree.bytes = degree.bytes.isEmpty ? missing.map { max(0, $0) } : zip(degree.bytes, missing).map { max($0, $1) }
    degrees[pipeline] = degree
  }

  /// A table with times corrected.
  func applied(to table: StageCostTable) -> StageCostTable {
    guard let degree = degrees[table.stageCount], degree.all.weight > 0 else { return table }
    let factors = table.strategies.map { factor(pipeline: table.stageCount, $0) }
    var corrected = table
    func scale(_ prices: inout [StageCostTable.Price]) {
      for (index, factor) in factors.enumerated() {
        let cost = prices[index].cost
        prices[index].cost = StageCost(step: factor * cost.step, once: factor * cost.once)
      }
    }
    for stage in corrected.blocks.indices {
      for kind in corrected.blocks[stage].indices { scale(&corrected.blocks[stage][kind]) }
    }
    scale(&corrected.embedding)
    scale(&corrected.head)
    corrected.transition = table.transition.map { prices in
      prices.enumerated().map { factors[$0 % factors.count] * $1 }
    }
    corrected.objective = PipelineObjective(
      stages: table.objective.stages, microBatches: table.objective.microBatches,
      hops: degree.all.value * table.objective.hops)
    return corrected
  }
}
