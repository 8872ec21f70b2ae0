/// The best choice of strategies for blocks of a stage.
struct StageChoice: Hashable, Sendable {
  /// Strategy of each block, as index of the table's.
  let strategies: [Int]
  /// Weighted seconds without the edges.
  let weighted: Double
}

/// Solves stages, each table once: one table of a stage answers every number of blocks from its first one on, every
/// memory limit and every strategy of the edges.
struct StageSolver {
  let table: StageCostTable
  /// Bytes a rank of a stage may use; shape `[stages]`.
  let limits: [Int64]
  let unit: Int64
  private(set) var statistics = SearchStatistics()
  private var solved: [Key: ChainTable] = [:]
  private let variants: [[StageVariant]]

  /// What a table was solved for.
  private struct Key: Hashable {
    var stage: Int
    var variant: Int
    var first: Int
    var isStepOnly: Bool
  }

  init(table: StageCostTable, limits: [Int64], unit: Int64) {
    self.table = table
    self.limits = limits
    self.unit = unit
    variants = (0..<table.stageCount).map { StageVariant.all(table, stage: $0) }
  }

  /// The best choice for blocks of a stage; `nil` when none fits.
  ///
  /// - Parameter isStepOnly: Whether only the micro-batch's time counts, not what an iteration takes once.
  mutating func best(stage: Int, blocks: Range<Int>, edge: Int, isStepOnly: Bool = false) -> StageChoice? {
    guard !blocks.isEmpty else { return nil }
    var best: StageChoice?
    for (index, variant) in variants[stage].enumerated() {
      let program = program(stage, variant, isStepOnly: isStepOnly)
      let room = program.room(limit: limits[stage], edge: edge)
      guard room >= 0 else { continue }
      let key = Key(stage: stage, variant: index, first: blocks.lowerBound, isStepOnly: isStepOnly)
      let answers = solve(key, program)
      guard let solution = answers.solution(within: room, layers: blocks.count) else { continue }
      if best.map({ solution.time < $0.weighted }) ?? true {
        best = StageChoice(
          strategies: solution.strategies.map { variant.strategies[$0] }, weighted: solution.time)
      }
    }
    return best
  }

  private func program(_ stage: Int, _ variant: StageVariant, isStepOnly: Bool) -> StageProgram {
    StageProgram(
      table: table, stage: stage, variant: variant,
      stepWeight: isStepOnly ? 1 : table.objective.weight, onceWeight: isStepOnly ? 0 : 1, unit: unit)
  }

  private mutating func solve(_ key: Key, _ program: StageProgram) -> ChainTable {
    if let known = solved[key] { return known }
    let last = table.kindOfBlock.count - (table.stageCount - 1 - key.stage)
    let answers = ChainSolver(program.problem(key.first..<max(key.first + 1, last)))
      .table(upTo: Int(limits[key.stage] / unit), servesPrefixes: true)
    statistics.add(answers.statistics)
    solved[key] = answers
    return answers
  }
}
