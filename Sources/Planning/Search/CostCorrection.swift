/// What simulations have shown of the formula's errors: a factor of time for each pipeline degree, and bytes for each of its
/// stages.
public struct CostCorrection: Hashable, Sendable {
  private var factors: [Int: Double] = [:]
  private var bytes: [Int: [Int64]] = [:]

  /// Nothing known.
  public init() {}

  /// Seconds simulated over seconds modelled.
  public func factor(pipeline: Int) -> Double { factors[pipeline] ?? 1 }

  /// Bytes a stage needs beyond what the formula says.
  public func memory(pipeline: Int, stage: Int) -> Int64 { bytes[pipeline]?[stage] ?? 0 }

  /// Learns from a simulated plan: its time relative to the formula without correction.
  mutating func learn(pipeline: Int, factor: Double) { factors[pipeline] = factor }

  /// Learns from a plan that ran out of memory: how much more each stage needed than the formula said.
  mutating func learn(pipeline: Int, missing: [Int64]) {
    let known = bytes[pipeline] ?? Array(repeating: 0, count: missing.count)
    bytes[pipeline] = zip(known, missing).map { max($0, $1) }
  }

  /// A table with times corrected.
  func applied(to table: StageCostTable) -> StageCostTable {
    let factor = factor(pipeline: table.stageCount)
    guard factor != 1 else { return table }
    var corrected = table
    func scale(_ price: inout StageCostTable.Price) {
      price.cost = StageCost(step: factor * price.cost.step, once: factor * price.cost.once)
    }
    for stage in corrected.blocks.indices {
      for kind in corrected.blocks[stage].indices {
        for index in corrected.blocks[stage][kind].indices { scale(&corrected.blocks[stage][kind][index]) }
      }
    }
    for index in corrected.embedding.indices { scale(&corrected.embedding[index]) }
    for index in corrected.head.indices { scale(&corrected.head[index]) }
    corrected.transition = table.transition.map { $0.map { factor * $0 } }
    corrected.objective = PipelineObjective(
      stages: table.objective.stages, microBatches: table.objective.microBatches, hops: factor * table.objective.hops)
    return corrected
  }
}
