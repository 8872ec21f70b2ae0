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
  /// Bytes a rank of a stage may use; shape `[stages]`. May be lowered and raised again up to what it was made with.
  var limits: [Int64]
  private let most: [Int64]
  let unit: Int64
  private(set) var statistics = SearchStatistics()
  private var solved: [Key: (layers: Int, answers: ChainTable)] = [:]
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
    most = limits
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
      let answers = solve(key, program, blocks: blocks.count)
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

  /// The table of a stage from a block on, for at least as many blocks as asked; a few more, because neighbouring
  /// partitions will ask for them.
  private mutating func solve(_ key: Key, _ program: StageProgram, blocks: Int) -> ChainTable {
    if let known = solved[key], known.layers >= blocks { return known.answers }
    let most = table.kindOfBlock.count - (table.stageCount - 1 - key.stage) - key.first
    let layers = max(blocks, min(blocks + 3, most))
    let answers = ChainSolver(program.problem(key.first..<key.first + layers))
      .table(upTo: Int(self.most[key.stage] / unit), servesPrefixes: true)
    statistics.add(answers.statistics)
    solved[key] = (layers, answers)
    return answers
  }
}
