/// Which intervals of blocks can be part of a plan below a time, before anything is solved.
///
/// An interval takes at least what its blocks take when memory has a price instead of a limit:
/// `sum over blocks of min over s of (t + rate M) - rate room`, for any rate (Everett, Operations Research 11(3), 1963).
/// The intervals before it and after it sum up to at least the cheapest partition of their blocks by that bound, and the
/// slowest of them is no faster than that of the partition whose slowest is fastest. Two bounds on a plan follow: with
/// seconds per micro-batch `sum + (m-1) slowest + hops`, and with weighted seconds ``PipelineObjective/bound(weighted:)``.
struct IntervalPruning {
  private let objective: PipelineObjective
  private let below: Double
  private let steps: PartitionBounds
  private let weighted: PartitionBounds

  /// Prepares the bounds.
  ///
  /// - Parameters:
  ///   - limits: Bytes a GPU may use; shape `[stages]`.
  ///   - below: Seconds that plans worth finding do not exceed.
  init(_ table: StageCostTable, edge: Int, limits: [Int64], below: Double) {
    objective = table.objective
    self.below = below
    let weight = table.objective.weight
    let rooms = limits.enumerated().map { StageRelaxation.room(table, stage: $0, edge: edge, limit: $1) }
    func bounds(_ seconds: (StageCost) -> Double) -> PartitionBounds {
      PartitionBounds(
        blocks: table.kindOfBlock.count,
        least: (0..<table.stageCount).map {
          StageRelaxation(table, stage: $0, edge: edge, room: rooms[$0], seconds: seconds)
            .intervals(table.kindOfBlock.count)
        })
    }
    steps = bounds(\.step)
    weighted = bounds { weight * $0.step + $0.once }
  }

  /// Seconds below which no plan is.
  var floor: Double {
    let step = time(sum: steps.whole.sum, slowest: steps.whole.slowest)
    return max(step, objective.bound(weighted: weighted.whole.sum))
  }

  /// Whether blocks `first ..< last` on a stage may belong to a plan worth finding.
  func keeps(_ stage: Int, _ first: Int, _ last: Int) -> Bool {
    let step = steps.through(stage, first, last)
    let time = time(sum: step.sum, slowest: step.slowest)
    return time < .infinity && time <= below
      && objective.bound(weighted: weighted.through(stage, first, last).sum) <= below
  }

  private func time(sum: Double, slowest: Double) -> Double {
    guard sum < .infinity else { return .infinity }
    return sum + Double(objective.microBatches - 1) * slowest + objective.hops
  }
}

/// Least sum and least slowest interval of partitions, whole ones and those through an interval.
private struct PartitionBounds {
  private let blocks: Int
  /// Least seconds of each interval; shape `[stages][(blocks + 1) * (blocks + 1)]`, `first * (blocks + 1) + last`.
  private let least: [[Double]]
  /// Partitions of the blocks before a stage, and of those from it on; shape `[stages + 1]`.
  private var before: [Ends]
  private var after: [Ends]

  /// By the block that partitions reach; shape `[blocks + 1]`.
  private struct Ends {
    var sum: [Double]
    var slowest: [Double]

    init(blocks: Int, reached: Int?) {
      sum = Array(repeating: .infinity, count: blocks + 1)
      slowest = sum
      if let reached { (sum[reached], slowest[reached]) = (0, 0) }
    }

    /// Takes the better of what is known of a block and another way to it.
    mutating func add(_ block: Int, _ cost: Double, after other: Ends, _ from: Int) {
      sum[block] = min(sum[block], other.sum[from] + cost)
      slowest[block] = min(slowest[block], max(other.slowest[from], cost))
    }
  }

  init(blocks: Int, least: [[Double]]) {
    self.blocks = blocks
    self.least = least
    before = [Ends(blocks: blocks, reached: 0)]
    after = [Ends(blocks: blocks, reached: blocks)]
    let width = blocks + 1
    for stage in least {
      var next = Ends(blocks: blocks, reached: nil)
      for first in 0..<blocks where before[before.count - 1].sum[first] < .infinity {
        for last in first + 1...blocks {
          next.add(last, stage[first * width + last], after: before[before.count - 1], first)
        }
      }
      before.append(next)
    }
    for stage in least.reversed() {
      var next = Ends(blocks: blocks, reached: nil)
      for last in 1...blocks where after[after.count - 1].sum[last] < .infinity {
        for first in 0..<last { next.add(first, stage[first * width + last], after: after[after.count - 1], last) }
      }
      after.append(next)
    }
    after.reverse()
  }

  /// Partitions of all blocks.
  var whole: (sum: Double, slowest: Double) { (before[least.count].sum[blocks], before[least.count].slowest[blocks]) }

  /// Partitions in which a stage holds blocks `first ..< last`.
  func through(_ stage: Int, _ first: Int, _ last: Int) -> (sum: Double, slowest: Double) {
    let own = least[stage][first * (blocks + 1) + last]
    let (head, tail) = (before[stage], after[stage + 1])
    return (head.sum[first] + own + tail.sum[last], max(own, head.slowest[first], tail.slowest[last]))
  }
}

/// A stage's blocks with memory at a price: sums over the first blocks for several rates.
private struct StageRelaxation {
  /// Seconds per byte.
  private let rates: [Double]
  /// Least `seconds + rate * bytes` of the first blocks; shape `[rates][blocks + 1]`.
  private let sums: [[Double]]
  /// Least bytes of the first blocks; shape `[blocks + 1]`.
  private let bytes: [Int64]
  private let room: Int64
  /// Seconds of embedding and head where the stage has them.
  private let edges: Double

  /// Bytes left for blocks beside an edge strategy, held for a while as little as any part of the strategies allows.
  static func room(_ table: StageCostTable, stage: Int, edge: Int, limit: Int64) -> Int64 {
    let prices = table.edges(stage, edge)
    let transient = max(
      StageVariant.all(table, stage: stage).map(\.transient).min() ?? 0, prices.map(\.transient).max() ?? 0)
    return limit - table.fixed[stage] - transient - prices.reduce(0) { $0 + table.bytes($1, stage: stage) }
  }

  init(_ table: StageCostTable, stage: Int, edge: Int, room: Int64, seconds: (StageCost) -> Double) {
    self.room = room
    edges = table.edges(stage, edge).reduce(0) { $0 + seconds($1.cost) }
    let kinds = table.blocks[stage].map { kind in
      kind.map { (seconds: seconds($0.cost), bytes: table.bytes($0, stage: stage)) }
    }
    let all = kinds.flatMap { $0 }
    let span = (all.map(\.seconds).max() ?? 0) - (all.map(\.seconds).min() ?? 0)
    let memory = Double((all.map(\.bytes).max() ?? 0) - (all.map(\.bytes).min() ?? 0))
    let scale = memory > 0 ? span / memory : 0
    let rates = [0.0] + (scale > 0 ? (-8...8).map { scale * Self.power(of: $0) } : [])
    self.rates = rates
    sums = rates.map { rate in
      Self.sums(table.kindOfBlock, kinds.map { $0.map { $0.seconds + rate * Double($0.bytes) }.min() ?? 0 })
    }
    bytes = Self.sums(table.kindOfBlock, kinds.map { $0.map(\.bytes).min() ?? 0 })
  }

  private static func power(of exponent: Int) -> Double {
    exponent >= 0 ? Double(1 << exponent) : 1 / Double(1 << -exponent)
  }

  private static func sums<Value: AdditiveArithmetic>(_ order: [Int], _ least: [Value]) -> [Value] {
    var sums = [Value.zero]
    for kind in order { sums.append(sums[sums.count - 1] + least[kind]) }
    return sums
  }

  /// Least seconds of every interval; infinite where it cannot fit.
  func intervals(_ blocks: Int) -> [Double] {
    var least = [Double](repeating: .infinity, count: (blocks + 1) * (blocks + 1))
    for first in 0..<blocks {
      for last in first + 1...blocks where bytes[last] - bytes[first] <= room {
        var best = 0.0
        for (index, rate) in rates.enumerated() {
          best = max(best, sums[index][last] - sums[index][first] - rate * Double(room))
        }
        least[first * (blocks + 1) + last] = best + edges
      }
    }
    return least
  }
}
