import Parallelism

/// A part of the strategies that share an upper bound on what a layer holds for a while.
///
/// Memory held for a while counts once a stage, not once a layer, so it cannot be part of the additive program. Leaving
/// recomputed or sharded strategies out lowers the bound; each part is solved with its own.
struct StageVariant: Hashable, Sendable {
  /// Strategies, as indices of the table's.
  let strategies: [Int]
  /// Most bytes any of them holds for a while on a stage.
  let transient: Int64

  /// The parts of a stage's strategies, each once.
  static func all(_ table: StageCostTable, stage: Int) -> [StageVariant] {
    var found: [StageVariant] = []
    for allowsRecompute in [true, false] {
      for allowsSharding in [true, false] {
        let strategies = table.strategies.indices.filter {
          (allowsRecompute || table.strategies[$0].recompute == .none)
            && (allowsSharding || table.strategies[$0].zero != .parameters)
        }
        let most = table.blocks[stage].flatMap { prices in strategies.map { prices[$0].transient } }.max() ?? 0
        let variant = StageVariant(strategies: strategies, transient: most)
        if !strategies.isEmpty, !found.contains(variant) { found.append(variant) }
      }
    }
    return found
  }
}

/// The dynamic programs of one stage's blocks: `step weight * step + once weight * once` within a memory limit.
struct StageProgram {
  let table: StageCostTable
  let stage: Int
  let variant: StageVariant
  /// Weight of a micro-batch's seconds against those of an iteration.
  let stepWeight: Double
  /// Weight of the seconds an iteration takes once.
  let onceWeight: Double
  /// Bytes of a unit of memory.
  let unit: Int64

  /// The program of some blocks.
  func problem(_ blocks: Range<Int>) -> ChainProblem {
    let kinds = table.blocks[stage].indices.map { kind in
      let prices = variant.strategies.map { table.blocks[stage][kind][$0] }
      return ChainProblem.Kind(
        memory: prices.map { Int((table.bytes($0, stage: stage) + unit - 1) / unit) },
        time: prices.map { stepWeight * $0.cost.step + onceWeight * $0.cost.once },
        transition: variant.strategies.flatMap { source in
          variant.strategies.map { stepWeight * table.transition[kind][source * table.strategies.count + $0] }
        })
    }
    return ChainProblem(
      kinds: kinds, order: Array(table.kindOfBlock[blocks]), strategyCount: variant.strategies.count)
  }

  /// Units left for blocks beside an edge strategy; negative when there is no room.
  func room(limit: Int64, edge: Int) -> Int {
    let edges = table.edges(stage, edge)
    let transient = max(variant.transient, edges.map(\.transient).max() ?? 0)
    let rest = limit - table.fixed[stage] - edges.reduce(0) { $0 + table.bytes($1, stage: stage) } - transient
    return rest < 0 ? -1 : Int(rest / unit)
  }
}
