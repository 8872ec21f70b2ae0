import Parallelism
import Quantities
import Testing

@testable import ClusterSimulation

private let mebi: Int64 = 1 << 20

@Suite("A ledger in the allocator")
struct AllocatorReplayTests {
  private func timeline(
    resident: [(MemoryCategory, Int64)], _ changes: [(MemoryCategory, Int64)]
  ) -> MemoryTimeline {
    MemoryTimeline(
      resident: resident.map { ResidentMemory(category: $0.0, layer: -1, bytes: Bytes($0.1 * mebi)) },
      changes: changes.enumerated().map { index, change in
        MemoryChange(
          time: SimTime(nanoseconds: Int64(index)), category: change.0, layer: 0, microBatch: 0,
          bytes: change.1 * mebi, row: index)
      })
  }

  /// Segments of 30, 40 and 40 for as many of tensors; the second iteration finds what the first has cached.
  @Test func `an iteration is repeated in what the first one left`() {
    let timeline = timeline(
      resident: [(.parameters, 30), (.optimizer, 40)], [(.activations, 40), (.activations, -40)])
    let report = AllocatorReplay(timeline, capacity: 1000 * mebi).run()
    #expect(report.allocatedPeak == 110 * mebi && report.reservedPeak == 110 * mebi)
    #expect(report.fragmentation == 0 && report.failure == nil && report.flushes == 0)
  }

  /// Gathered parameters lie on another stream: 20 of activations, freed, cannot serve 20 gathered.
  @Test func `gathered parameters do not reuse what the compute stream left`() {
    let timeline = timeline(
      resident: [], [(.activations, 20), (.activations, -20), (.gathered, 20), (.gathered, -20)])
    let report = AllocatorReplay(timeline, capacity: 1000 * mebi).run()
    #expect(report.allocatedPeak == 20 * mebi && report.reservedPeak == 40 * mebi)
    #expect(report.fragmentation == 0.5 && report.reservedAtAllocatedPeak == 20 * mebi)
  }

  /// 24 pinned by 4 and 36 pinned by 4: 60 held, 8 live; 40 more do not fit in 90 although only 48 would be live.
  @Test func `fragments can run out of memory where the sum of tensors does not`() throws {
    let timeline = timeline(
      resident: [],
      [
        (.activations, 24), (.workspace, 36), (.activations, -24), (.recompute, 4), (.workspace, -36), (.gradients, 22),
        (.communication, 40), (.communication, -40), (.gradients, -22), (.recompute, -4),
      ])
    #expect(AllocatorReplay(timeline, capacity: 200 * mebi).run().failure == nil)
    let report = AllocatorReplay(timeline, capacity: 90 * mebi).run()
    let failure = try #require(report.failure)
    #expect(failure.change?.category == .communication && failure.reason.allocated == 26 * mebi)
    var rules = AllocatorRules()
    rules.usesExpandableSegments = true
    #expect(AllocatorReplay(timeline, capacity: 100 * mebi, rules: rules).run().failure == nil)
  }

  @Test func `a ledger that frees in other sizes leaves nothing behind`() {
    let timeline = timeline(resident: [], [(.activations, 8), (.activations, 8), (.activations, -16)])
    let report = AllocatorReplay(timeline, capacity: 1000 * mebi).run()
    #expect(report.allocatedPeak == 16 * mebi && report.reservedPeak == 20 * mebi)
  }

  /// States of a layer are many tensors: 77 MiB of parameters are seven of 11, each in a segment of its own.
  @Test func `states of a layer are tensors`() {
    let timeline = MemoryTimeline(
      resident: [ResidentMemory(category: .parameters, layer: 3, bytes: Bytes(77 * mebi))], changes: [])
    let report = AllocatorReplay(timeline, capacity: 1000 * mebi).run()
    // Seven of 11 MiB in segments of 12, whose rest of 1 MiB is not split off.
    #expect(report.allocatedPeak == 84 * mebi && report.reservedPeak == 84 * mebi)
  }
}
