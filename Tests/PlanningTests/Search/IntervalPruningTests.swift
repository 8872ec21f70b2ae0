import TestSupport
import Testing

@testable import Planning

@Suite("Intervals that cannot win")
struct IntervalPruningTests {
  @Test func `the floor is no higher than the best plan, and no interval of it is left out`() throws {
    var generator = SeededGenerator(seed: 31)
    var tight = 0
    for _ in 0..<200 {
      let table = SmallTables.table(&generator)
      let limit = Int64.random(in: 8...60, using: &generator)
      guard let best = SmallTables.best(table, edge: 0, limit: limit) else { continue }
      let pruning = IntervalPruning(
        table, edge: 0, limits: Array(repeating: limit, count: table.stageCount), below: best.time * (1 + 1e-12))
      #expect(pruning.floor <= best.time * (1 + 1e-12))
      if pruning.floor > 0.8 * best.time { tight += 1 }
      var first = 0
      for (stage, count) in best.division.enumerated() {
        #expect(pruning.keeps(stage, first, first + count))
        first += count
      }
    }
    #expect(tight > 40)
  }

  @Test func `what does not fit is left out`() {
    var generator = SeededGenerator(seed: 32)
    for _ in 0..<50 {
      let table = SmallTables.table(&generator)
      let pruning = IntervalPruning(
        table, edge: 0, limits: Array(repeating: 0, count: table.stageCount), below: .infinity)
      #expect(pruning.floor == .infinity)
    }
  }
}
