/// Which intervals of blocks can be part of a plan below a time, before anything is solved.
///
/// With `c` the least seconds of a micro-batch any strategy gives a block, memory aside, a plan takes at least
/// `sum c + (m-1) max over stages of sum c + hops`. The stages before an interval have to take all blocks before it, so
/// the slowest of them is at least their average; the stages after it likewise.
struct IntervalPruning {
  private let objective: PipelineObjective
  private let below: Double
  /// Least seconds of the first blocks on any stage; shape `[blocks + 1]`.
  private let sums: [Double]
  /// Least seconds of the edges of each stage; shape `[stages]`.
  private let edges: [Double]

  init(_ table: StageCostTable, edge: Int, below: Double) {
    objective = table.objective
    self.below = below
    let least = table.blocks[0].indices.map { kind in
      table.blocks.map { stage in stage[kind].map(\.cost.step).min() ?? 0 }.min() ?? 0
    }
    var sums = [0.0]
    for kind in table.kindOfBlock { sums.append((sums.last ?? 0) + least[kind]) }
    self.sums = sums
    edges = (0..<table.stageCount).map { table.edges($0, edge).reduce(0) { $0 + $1.cost.step } }
  }

  /// Whether blocks `first ..< last` on a stage may belong to a plan worth finding.
  func keeps(_ stage: Int, _ first: Int, _ last: Int) -> Bool {
    let blocks = sums.count - 1
    let all = sums[blocks] + edges.reduce(0, +)
    var slowest = sums[last] - sums[first] + edges[stage]
    if stage > 0 { slowest = max(slowest, sums[first] / Double(stage)) }
    let after = objective.stages - 1 - stage
    if after > 0 { slowest = max(slowest, (sums[blocks] - sums[last]) / Double(after)) }
    return all + Double(objective.microBatches - 1) * slowest + objective.hops <= below
  }
}
