/// A plan of one partition, as the walk between balanced partitions sees it.
protocol PartitionPlan {
  /// Layers of each stage.
  var division: [Int] { get }
  /// Seconds of each stage for one micro-batch.
  var steps: [Double] { get }
  /// Memory of the fullest stage.
  var fullest: Int64 { get }
  /// Seconds of an iteration.
  var time: Double { get }
}

/// The walk of Galvatron-BMW between the memory-balanced and the time-balanced partition.
///
/// A reconstruction: the code of the paper's adjustment was never published. From the memory-balanced partition on, the
/// slowest stage gives its first or last layer to a neighbour. A step is taken when the slowest stage gets no slower,
/// every stage fits, and no stage needs more memory than the fullest one of the time-balanced partition
/// (arXiv 2307.02031; Algorithm 2 from memory).
enum PartitionWalk {
  /// The fastest plan met; `nil` when neither end fits.
  ///
  /// - Parameters:
  ///   - memoryBalanced: Where it starts.
  ///   - timeBalanced: Where it may go.
  ///   - plan: The fastest plan of a partition; `nil` when a stage does not fit.
  static func best<Plan: PartitionPlan>(
    memoryBalanced: [Int], timeBalanced: [Int], plan: ([Int]) -> Plan?
  ) -> Plan? {
    var best = plan(timeBalanced)
    let most = best?.fullest ?? .max
    guard let first = plan(memoryBalanced) else { return best }
    var queue = [first]
    var seen: Set<[Int]> = [memoryBalanced, timeBalanced]
    while let current = queue.popLast() {
      if best.map({ current.time < $0.time }) ?? true { best = current }
      for division in neighbours(of: current) where seen.insert(division).inserted {
        guard let next = plan(division) else { continue }
        if slowest(next) <= slowest(current), next.fullest <= most { queue.append(next) }
      }
    }
    return best
  }

  private static func slowest(_ plan: some PartitionPlan) -> Double { plan.steps.max() ?? 0 }

  /// Partitions in which the slowest stage has given a layer away.
  private static func neighbours(of plan: some PartitionPlan) -> [[Int]] {
    let slow = slowest(plan)
    guard let stage = plan.steps.firstIndex(of: slow), plan.division[stage] > 1 else { return [] }
    return [stage - 1, stage + 1].filter { plan.division.indices.contains($0) }.map { neighbour in
      var division = plan.division
      division[stage] -= 1
      division[neighbour] += 1
      return division
    }
  }
}

extension PartitionedPlan: PartitionPlan {
  var steps: [Double] { costs.map(\.step) }
  var fullest: Int64 { memory.max() ?? 0 }
}

extension PartitionSearch {
  /// The fastest plan of the walk between balanced partitions.
  mutating func walk(edge: Int) -> PartitionedPlan? {
    guard let start = memoryBalancedDivision(edge: edge), let end = timeBalancedDivision(edge: edge) else { return nil }
    return PartitionWalk.best(memoryBalanced: start, timeBalanced: end) { plan(division: $0, edge: edge) }
  }
}
