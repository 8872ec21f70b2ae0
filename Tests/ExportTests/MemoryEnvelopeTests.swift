import ClusterSimulation
import Testing

@testable import Export

@Suite("Memory envelopes")
struct MemoryEnvelopeTests {
  @Test(arguments: [(Int64(10), 3), (10, 10), (10, 20), (1, 5), (0, 5), (Int64.max / 2, 512)])
  func `a grid starts at zero, ascends and stays inside`(iteration: Int64, count: Int) {
    let grid = MemoryEnvelope.grid(iteration: iteration, count: count)
    #expect(grid.first == 0 && grid.count <= count)
    #expect(zip(grid, grid.dropFirst()).allSatisfy { $0 < $1 })
    #expect(grid.allSatisfy { $0 < max(1, iteration) })
  }

  /// Ten nanoseconds in three parts: 0, 3.33, 6.67, cut to whole ones.
  @Test func `a grid cuts evenly`() {
    #expect(MemoryEnvelope.grid(iteration: 10, count: 3) == [0, 3, 6])
  }

  @Test(arguments: Sample.all, [1, 7, 512])
  func `coarse and fine envelopes have the same highest point`(run: String, intervals: Int) throws {
    let result = try Sample.simulate(run)
    for rank in 0..<result.trace.map.rankCount {
      let timeline = MemoryTimeline(trace: result.trace, simulatedRank: rank)
      let grid = MemoryEnvelope.grid(iteration: result.iterationTime.nanoseconds, count: intervals)
      #expect(MemoryEnvelope(timeline, starts: grid).totals.max() == timeline.peak().bytes.count)
    }
  }

  @Test func `more changes than the limit call for a grid`() throws {
    let timeline = MemoryTimeline(trace: try Sample.simulate(Sample.pipeline).trace, simulatedRank: 0)
    #expect(MemoryEnvelope.everyChange(of: timeline, limit: 3) == nil)
    let all = try #require(MemoryEnvelope.everyChange(of: timeline, limit: 1_000_000))
    #expect(Set(all) == Set(timeline.changes.map(\.time.nanoseconds) + [0]))
  }
}
