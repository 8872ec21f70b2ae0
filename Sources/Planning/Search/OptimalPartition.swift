/// What is proven about the best plan of a table.
struct PartitionBound: Hashable, Sendable {
  /// No plan of the table is faster, in seconds.
  var lower: Double
}

extension PartitionSearch {
  /// The best partition over all intervals of blocks, and a lower bound on every plan of the table.
  ///
  /// Every interval is solved for two targets: its weighted time, and its time per micro-batch alone. Stages are then put
  /// together exactly, as Pareto sets of (sum of steps, slowest step, longest end). The bound is the larger of two that
  /// hold for any choice: the objective of the least steps, and the average of the least weighted times
  /// (``PipelineObjective/bound(weighted:)``); with one stage it is the objective itself.
  ///
  /// - Parameter below: Seconds that plans worth finding stay below; intervals that cannot be part of such a plan are
  ///   not solved, and the bound is never above it.
  mutating func optimal(
    edge: Int, below: Double = .infinity
  ) -> (plan: PartitionedPlan?, bound: PartitionBound) {
    // The walk's plan bounds what is worth solving; rounding must not exclude its equals.
    let walked = walk(edge: edge)
    let target = min(below, walked.map { $0.time * (1 + 1e-9) } ?? .infinity)
    let pruning = IntervalPruning(solver.table, edge: edge, limits: solver.limits, below: target)
    guard pruning.floor < .infinity, pruning.floor <= target else { return (walked, PartitionBound(lower: target)) }
    let intervals = intervals(edge: edge, pruning: pruning)
    let bound = PartitionBound(lower: min(target, lowerBound(intervals)))
    let composed = compose(intervals, edge: edge)
    let best = [composed, walked].compactMap { $0 }.min { $0.time < $1.time }
    return (best, bound)
  }

  /// What blocks `first ..< last` of a stage can cost.
  struct Interval {
    var stage: Int
    var first: Int
    var last: Int
    /// Least step of any choice.
    var leastStep: Double
    /// Least weighted time of any choice, edges included.
    var leastWeighted: Double
    /// Least time at the end of any choice.
    var leastOnce: Double
    /// Choices worth putting together.
    var candidates: [(choice: [Int], cost: StageCost)]
  }

  private mutating func intervals(edge: Int, pruning: IntervalPruning) -> [[Interval]] {
    let (stages, blocks) = (solver.table.stageCount, solver.table.kindOfBlock.count)
    return (0..<stages).map { stage in
      var found: [Interval] = []
      let firsts = stage == 0 ? 0...0 : stage...max(stage, blocks - (stages - stage))
      for first in firsts {
        let end = blocks - (stages - stage - 1)
        let lasts = stage == stages - 1 ? blocks...blocks : first + 1...max(first + 1, end)
        for last in lasts where last <= blocks && first < last && pruning.keeps(stage, first, last) {
          if let interval = interval(stage, first, last, edge) { found.append(interval) }
        }
      }
      return found
    }
  }

  private mutating func interval(_ stage: Int, _ first: Int, _ last: Int, _ edge: Int) -> Interval? {
    let table = solver.table
    guard let weighted = solver.best(stage: stage, blocks: first..<last, edge: edge),
      let quick = solver.best(stage: stage, blocks: first..<last, edge: edge, isStepOnly: true)
    else { return nil }
    let edges = table.edges(stage, edge).reduce(.zero) { $0 + $1.cost }
    let once = (first..<last).reduce(edges.once) { sum, block in
      sum + (table.blocks[stage][table.kindOfBlock[block]].map(\.cost.once).min() ?? 0)
    }
    var candidates = [weighted.strategies]
    if quick.strategies != weighted.strategies { candidates.append(quick.strategies) }
    return Interval(
      stage: stage, first: first, last: last, leastStep: quick.weighted + edges.step,
      leastWeighted: weighted.weighted + table.objective.weight * edges.step + edges.once, leastOnce: once,
      candidates: candidates.map { ($0, table.cost(stage: stage, first: first, choice: $0, edge: edge)) })
  }

  /// The larger of the two bounds, each minimised over all partitions.
  private func lowerBound(_ intervals: [[Interval]]) -> Double {
    let objective = solver.table.objective
    let weighted = objective.bound(weighted: shortest(intervals) { $0.leastWeighted })
    let steps = Composition.best(intervals, blocks: solver.table.kindOfBlock.count, objective) {
      [StageCost(step: $0.leastStep, once: $0.leastOnce)]
    }
    return max(weighted, steps?.time ?? .infinity)
  }

  /// Least sum over a partition.
  private func shortest(_ intervals: [[Interval]], _ value: (Interval) -> Double) -> Double {
    let blocks = solver.table.kindOfBlock.count
    var best = [Double](repeating: .infinity, count: blocks + 1)
    best[0] = 0
    for stage in intervals {
      var next = [Double](repeating: .infinity, count: blocks + 1)
      for interval in stage where best[interval.first] < .infinity {
        next[interval.last] = min(next[interval.last], best[interval.first] + value(interval))
      }
      best = next
    }
    return best[blocks]
  }

  private mutating func compose(_ intervals: [[Interval]], edge: Int) -> PartitionedPlan? {
    let blocks = solver.table.kindOfBlock.count
    guard
      let found = Composition.best(intervals, blocks: blocks, solver.table.objective, { $0.candidates.map(\.cost) })
    else { return nil }
    let parts = found.parts.enumerated().map { stage, part in (intervals[stage][part.interval], part.candidate) }
    return finished(
      parts.map { $0.0.last - $0.0.first }, choice: parts.flatMap { $0.0.candidates[$0.1].choice }, edge: edge)
  }
}

/// Puts intervals of all stages together to the partition with the least objective.
enum Composition {
  /// Which candidate of which interval a stage uses.
  struct Part {
    var interval: Int
    var candidate: Int
  }

  private struct Label {
    var sum: Double
    var slowest: Double
    var once: Double
    var parts: [Part]

    func beats(_ other: Label) -> Bool { sum <= other.sum && slowest <= other.slowest && once <= other.once }
  }

  /// The best composition; exact, because the objective grows with each of the three figures a label holds.
  static func best(
    _ intervals: [[PartitionSearch.Interval]], blocks: Int, _ objective: PipelineObjective,
    _ candidates: (PartitionSearch.Interval) -> [StageCost]
  ) -> (time: Double, parts: [Part])? {
    var labels = [[Label]](repeating: [], count: blocks + 1)
    labels[0] = [Label(sum: 0, slowest: 0, once: 0, parts: [])]
    for stage in intervals {
      var next = [[Label]](repeating: [], count: blocks + 1)
      for (index, interval) in stage.enumerated() where !labels[interval.first].isEmpty {
        for (candidate, cost) in candidates(interval).enumerated() {
          for label in labels[interval.first] {
            let grown = Label(
              sum: label.sum + cost.step, slowest: max(label.slowest, cost.step), once: max(label.once, cost.once),
              parts: label.parts + [Part(interval: index, candidate: candidate)])
            add(grown, to: &next[interval.last])
          }
        }
      }
      labels = next
    }
    let times = labels[blocks].map {
      (time: $0.sum + Double(objective.microBatches - 1) * $0.slowest + $0.once + objective.hops, parts: $0.parts)
    }
    return times.min { $0.time < $1.time }
  }

  private static func add(_ label: Label, to labels: inout [Label]) {
    guard !labels.contains(where: { $0.beats(label) }) else { return }
    labels.removeAll { label.beats($0) }
    labels.append(label)
  }
}
