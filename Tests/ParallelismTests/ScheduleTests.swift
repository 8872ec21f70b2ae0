import Foundation
import Parallelism
import TestSupport
import Testing

@Suite("Pipeline schedules")
struct ScheduleTests {
  @Test(arguments: ScheduleCatalog.all.map(\.name))
  func `every registered schedule keeps the rules for every size`(name: String) throws {
    let schedule = try #require(ScheduleCatalog.named(name))
    for ranks in 1...12 {
      for microBatches in 1...24 {
        for chunks in 1...4 {
          let shape = PipelineShape(ranks: ranks, chunks: chunks, microBatches: microBatches)
          let problems = scheduleConformanceProblems(schedule, shape)
          #expect(problems.isEmpty, "\(shape): \(problems)")
        }
      }
    }
  }

  @Test func `every registered schedule can be checked for deadlock`() {
    for schedule in ScheduleCatalog.all {
      for (ranks, chunks, microBatches) in [(1, 1, 1), (4, 1, 8), (3, 2, 9), (5, 3, 2)] {
        let shape = PipelineShape(ranks: ranks, chunks: chunks, microBatches: microBatches)
        guard schedule.obstacle(shape) == nil else { continue }
        let actions = schedule.actions(shape)
        #expect(ScheduleCheck.deadlock(actions: actions, placement: schedule.placement(shape)) == nil)
        let copy = CustomSchedule(name: "copy", actions: actions)
        #expect(copy.obstacle(shape) == nil)
        #expect(copy.shape == shape)
        #expect(copy.ownPlacement == schedule.placement(shape))
      }
    }
  }

  @Test func `every file of the Schedules folder is registered`() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/Parallelism/Schedules")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
    let types = ScheduleCatalog.all.map { "\(type(of: $0)).swift" }
    #expect(files.sorted() == types.sorted())
  }

  @Test func `names are unique and lead back to their schedules`() {
    let names = ScheduleCatalog.all.map(\.name)
    #expect(names == ["gpipe", "1f1b", "interleaved-1f1b"])
    #expect(names.compactMap { ScheduleCatalog.named($0)?.name } == names)
    #expect(ScheduleCatalog.named("zigzag") == nil)
  }

  @Test func `schedules for one virtual stage refuse two`() throws {
    let shape = PipelineShape(ranks: 2, chunks: 2, microBatches: 4)
    #expect(try #require(GPipeSchedule().obstacle(shape)).contains("found 2"))
    #expect(OneForwardOneBackwardSchedule().obstacle(shape) != nil)
    #expect(InterleavedSchedule().obstacle(shape) == nil)
  }

  /// 9 / 4 gives 2 rounds, 9 is odd: 8 = 2 rounds of 4, 12 = 3 rounds of 4.
  @Test func `interleaving refuses unequal rounds and names two ways out`() throws {
    let text = try #require(InterleavedSchedule().obstacle(PipelineShape(ranks: 4, chunks: 2, microBatches: 9)))
    #expect(text.hasSuffix("use 8 or 12 micro-batches"))
    for microBatches in [8, 10, 12] {
      #expect(InterleavedSchedule().obstacle(PipelineShape(ranks: 4, chunks: 2, microBatches: microBatches)) == nil)
    }
  }

  @Test(arguments: 1...6, 1...9)
  func `interleaving one virtual stage is 1F1B`(ranks: Int, microBatches: Int) {
    let shape = PipelineShape(ranks: ranks, chunks: 1, microBatches: microBatches)
    #expect(InterleavedSchedule().actions(shape) == OneForwardOneBackwardSchedule().actions(shape))
  }

  /// Per rank: GPipe holds all 8 micro-batches; 1F1B holds 4 - r; interleaving holds 4 + 2 (3 - r) + 1.
  @Test func `bounds of four ranks and eight micro-batches`() {
    let one = PipelineShape(ranks: 4, chunks: 1, microBatches: 8)
    let two = PipelineShape(ranks: 4, chunks: 2, microBatches: 8)
    #expect((0..<4).map { GPipeSchedule().inFlightBound(rank: $0, one) } == [8, 8, 8, 8])
    #expect((0..<4).map { OneForwardOneBackwardSchedule().inFlightBound(rank: $0, one) } == [4, 3, 2, 1])
    #expect((0..<4).map { InterleavedSchedule().inFlightBound(rank: $0, two) } == [11, 9, 7, 5])
  }
}

@Suite("Schedule grids")
struct ScheduleGridTests {
  let shape = PipelineShape(ranks: 3, chunks: 1, microBatches: 4)

  /// 2 (4 + 2) = 12 slots: a bubble of p - 1 = 2 slots before and after.
  @Test func `GPipe on a grid`() {
    let expected = """
      F0 F1 F2 F3 .  .  .  .  B0 B1 B2 B3
      .  F0 F1 F2 F3 .  .  B0 B1 B2 B3
      .  .  F0 F1 F2 F3 B0 B1 B2 B3
      """
    #expect(ScheduleGrid(GPipeSchedule(), shape).description == expected)
  }

  /// The same 12 slots. Rank 1 waits one slot for B0, which rank 2 runs in slot 3.
  @Test func `1F1B on a grid`() {
    let expected = """
      F0 F1 F2 .  .  B0 F3 B1 .  B2 .  B3
      .  F0 F1 .  B0 F2 B1 F3 B2 .  B3
      .  .  F0 B0 F1 B1 F2 B2 F3 B3
      """
    #expect(ScheduleGrid(OneForwardOneBackwardSchedule(), shape).description == expected)
  }

  /// Rank 1 runs 3B0 in slot 4 and 3B1 in slot 6, so rank 0 runs 2B0 in slot 5 and 2B1 in slot 7.
  @Test func `interleaving on a grid names stages`() {
    let expected = """
      0F0 0F1 2F0 2F1 .   2B0 .   2B1 0B0 0B1
      .   1F0 1F1 3F0 3B0 3F1 3B1 1B0 1B1
      """
    let shape = PipelineShape(ranks: 2, chunks: 2, microBatches: 2)
    #expect(ScheduleGrid(InterleavedSchedule(), shape).description == expected)
  }

  /// By hand: p - 1 slots to fill, 2 m of work, p - 1 to drain.
  @Test(arguments: 1...6, 1...9)
  func `GPipe and 1F1B last equally long`(ranks: Int, microBatches: Int) {
    let shape = PipelineShape(ranks: ranks, chunks: 1, microBatches: microBatches)
    for schedule in [GPipeSchedule(), OneForwardOneBackwardSchedule()] as [any PipelineSchedule] {
      let lengths = ScheduleGrid(schedule, shape).slots.map(\.count)
      #expect(lengths == .init(repeating: 2 * (ranks - 1 + microBatches), count: ranks))
    }
  }
}
