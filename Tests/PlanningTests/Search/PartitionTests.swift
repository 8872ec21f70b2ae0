import TestSupport
import Testing

@testable import Planning

@Suite("Partitions")
struct PartitionTests {
  @Test func `a proven gap of zero means no plan is faster, and the bound never lies`() throws {
    var generator = SeededGenerator(seed: 11)
    var proven = 0
    var feasible = 0
    for _ in 0..<200 {
      let table = SmallTables.table(&generator)
      let limit = Int64.random(in: 8...60, using: &generator)
      var search = PartitionSearch(
        solver: StageSolver(table: table, limits: Array(repeating: limit, count: table.stageCount), unit: 1))
      let (plan, bound) = search.optimal(edge: 0)
      let best = SmallTables.exhaustive(table, edge: 0, limit: limit)
      #expect((plan == nil) == (best == nil))
      guard let plan, let best else { continue }
      feasible += 1
      #expect(plan.time >= best - 1e-9 && bound.lower <= best + 1e-9)
      #expect(plan.memory.allSatisfy { $0 <= limit })
      guard plan.time - bound.lower < 1e-9 else { continue }
      proven += 1
      #expect(abs(plan.time - best) < 1e-9)
    }
    #expect(feasible > 100 && proven > feasible / 2)
  }

  @Test func `no partition of the walk beats the optimal one where it is proven`() {
    var generator = SeededGenerator(seed: 12)
    for _ in 0..<120 {
      let table = SmallTables.table(&generator)
      var search = PartitionSearch(
        solver: StageSolver(table: table, limits: Array(repeating: 50, count: table.stageCount), unit: 1))
      let (plan, bound) = search.optimal(edge: 0)
      guard let walked = search.walk(edge: 0) else { continue }
      #expect(plan.map { $0.time <= walked.time } ?? false && walked.time >= bound.lower - 1e-9)
      if let plan, plan.time - bound.lower < 1e-9 { #expect(walked.time >= plan.time - 1e-9) }
    }
  }

  @Test func `balanced splits have the least greatest weight`() {
    var generator = SeededGenerator(seed: 13)
    for _ in 0..<100 {
      let stages = Int.random(in: 1...4, using: &generator)
      let layers = Int.random(in: stages...7, using: &generator)
      let weights = (0..<stages).map { _ in (0..<layers).map { _ in Double(Int.random(in: 0...9, using: &generator)) } }
      let extra = (0..<stages).map { _ in Double(Int.random(in: 0...9, using: &generator)) }
      func heaviest(_ division: [Int]) -> Double {
        var first = 0
        return division.enumerated().map { stage, count in
          defer { first += count }
          return extra[stage] + weights[stage][first..<first + count].reduce(0, +)
        }.max() ?? 0
      }
      let found = BalancedPartition.division(layers: layers, stages: stages, extra: extra) { weights[$0][$1] }
      let least = SmallTables.divisions(blocks: layers, stages: stages).map(heaviest).min()
      #expect(found.map(heaviest) == least)
    }
    #expect(BalancedPartition.division(layers: 2, stages: 3, extra: [0, 0, 0]) { _, _ in 1 } == nil)
  }

  /// Three equal stages: 1 - 1/3. One that has all: 0.
  @Test func `balance degrees`() {
    #expect(abs(BalancedPartition.degree([2, 2, 2]) - 2.0 / 3) < 1e-12)
    #expect(BalancedPartition.degree([5, 0]) == 0)
    #expect(BalancedPartition.degree([]) == 0)
  }

  /// By hand: stages of 2 and 3 s a micro-batch, ends of 1 and 0.5 s, 4 micro-batches, hops of 0.25 s:
  /// 2 + 3 + 3 * 3 + 1 + 0.25 = 15.25.
  @Test func `the objective by hand`() {
    let objective = PipelineObjective(stages: 2, microBatches: 4, hops: 0.25)
    #expect(objective.time([StageCost(step: 2, once: 1), StageCost(step: 3, once: 0.5)]) == 15.25)
  }
}
