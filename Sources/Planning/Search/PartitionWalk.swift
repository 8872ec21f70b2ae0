extension PartitionSearch {
  /// The walk of Galvatron-BMW between the memory-balanced and the time-balanced partition.
  ///
  /// A reconstruction: the code of the paper's adjustment was never published. From the memory-balanced partition on, the
  /// slowest stage gives its first or last block to a neighbour. A step is taken when the slowest stage gets no slower,
  /// every stage fits, and no stage needs more memory than the fullest one of the time-balanced partition
  /// (arXiv 2307.02031; Algorithm 2 from memory).
  mutating func walk(edge: Int) -> PartitionedPlan? {
    guard let start = memoryBalancedDivision(edge: edge), let end = timeBalancedDivision(edge: edge) else { return nil }
    let fullest = plan(division: end, edge: edge).flatMap { $0.memory.max() } ?? .max
    var best = plan(division: end, edge: edge)
    guard let first = plan(division: start, edge: edge) else { return best }
    var queue = [first]
    var seen: Set<[Int]> = [start, end]
    while let current = queue.popLast() {
      if best.map({ current.time < $0.time }) ?? true { best = current }
      for division in Self.neighbours(of: current) where seen.insert(division).inserted {
        guard let next = plan(division: division, edge: edge) else { continue }
        let isNoSlower = Self.slowest(next) <= Self.slowest(current)
        if isNoSlower, next.memory.max() ?? 0 <= fullest { queue.append(next) }
      }
    }
    return best
  }

  private static func slowest(_ plan: PartitionedPlan) -> Double { plan.costs.map(\.step).max() ?? 0 }

  /// Partitions in which the slowest stage has given a block away.
  private static func neighbours(of plan: PartitionedPlan) -> [[Int]] {
    let slow = slowest(plan)
    guard let stage = plan.costs.firstIndex(where: { $0.step == slow }), plan.division[stage] > 1 else { return [] }
    return [stage - 1, stage + 1].filter { plan.division.indices.contains($0) }.map { neighbour in
      var division = plan.division
      division[stage] -= 1
      division[neighbour] += 1
      return division
    }
  }
}
