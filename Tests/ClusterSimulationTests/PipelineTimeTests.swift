import ClusterSimulation
import Parallelism
import Quantities
import Testing

/// A block takes f = 2 ms forward and b = 4 ms backward, a message 1 ns, everything else nothing.
@Suite("Time of pipelines")
struct PipelineTimeTests {
  /// Stage 0: F 0-2, 2-4, 4-6. Stage 1, one message later: F 2-4, 4-6, 6-8, B 8-12, 12-16, 16-20. Stage 0, another
  /// message later: B 12-16, 16-20, 20-24.
  @Test(arguments: [ExecutorChoice.replay, .events])
  func `GPipe with two stages and three micro-batches takes 24 ms`(executor: ExecutorChoice) throws {
    let setup = try TinySetups.pipeline(stages: 2, microBatches: 3, schedule: "gpipe")
    let trace = try TinySetups.trace(setup, executor: executor)
    #expect(trace.iterationTime.nanoseconds == 24_000_002)
  }

  /// Stage 0: F0 0-2, F1 2-4. Stage 1: F0 2-4, B0 4-8, F1 8-10, B1 10-14. Stage 0: B0 8-12, F2 12-14, B1 14-18.
  /// Stage 1: F2 14-16, B2 16-20. Stage 0: B2 20-24. The longest chain changes stage four times.
  @Test(arguments: [ExecutorChoice.replay, .events])
  func `1F1B with two stages and three micro-batches takes 24 ms`(executor: ExecutorChoice) throws {
    let setup = try TinySetups.pipeline(stages: 2, microBatches: 3, schedule: "1f1b")
    let trace = try TinySetups.trace(setup, executor: executor)
    #expect(trace.iterationTime.nanoseconds == 24_000_004)
  }

  /// `(m + p - 1) (f + b)`, and up to two messages for each step.
  @Test(arguments: ["gpipe", "1f1b"], [(2, 2), (2, 8), (3, 3), (3, 6), (4, 4), (4, 8)])
  func `the bubble is (p - 1) of (m + p - 1) slots`(schedule: String, shape: (Int, Int)) throws {
    let (stages, microBatches) = shape
    let trace = try TinySetups.trace(
      TinySetups.pipeline(stages: stages, microBatches: microBatches, schedule: schedule))
    let slots = microBatches + stages - 1
    let messages = trace.iterationTime.nanoseconds - Int64(slots) * 6_000_000
    #expect((0...Int64(2 * (stages + microBatches))).contains(messages))
    for rank in 0..<stages {
      let parts = trace.breakdown(ofSimulatedRank: rank, iteration: trace.iterationTime)
      #expect(parts.compute.nanoseconds == Int64(microBatches) * 6_000_000)
      let fraction = 1 - parts.compute.seconds.value / trace.iterationTime.seconds.value
      #expect(abs(fraction - Double(stages - 1) / Double(slots)) < 1e-5)
    }
  }

  /// Each rank has v chunks of 6 ms a micro-batch and waits `(p - 1)` chunk slots: `(v m + p - 1) (f + b)`
  /// (Narayanan et al. 2021, arXiv 2104.04473, section 2.2.2).
  @Test(arguments: [(2, 2, 4), (2, 3, 4), (4, 2, 8)])
  func `interleaving divides the bubble by the virtual stages`(stages: Int, chunks: Int, microBatches: Int) throws {
    let trace = try TinySetups.trace(
      TinySetups.pipeline(
        stages: stages, microBatches: microBatches, schedule: "interleaved-1f1b", virtualStages: chunks))
    let slots = chunks * microBatches + stages - 1
    #expect(abs(trace.iterationTime.nanoseconds - Int64(slots) * 6_000_000) < 200)
  }

  /// Stage 0 waits 6 ms and two messages. Stage 1 waits 2 ms and a message, sends its last message for 1 ns after its last
  /// kernel, and has nothing to do for the last 4 ms.
  @Test func `waiting for another stage is bubble, and the end is idle`() throws {
    let trace = try TinySetups.trace(TinySetups.pipeline(stages: 2, microBatches: 3, schedule: "gpipe"))
    let first = trace.breakdown(ofSimulatedRank: 0, iteration: trace.iterationTime)
    let second = trace.breakdown(ofSimulatedRank: 1, iteration: trace.iterationTime)
    #expect(first.compute.nanoseconds == 18_000_000)
    #expect(first.bubble.nanoseconds + first[.pipeline].nanoseconds == 6_000_002)
    #expect(second.bubble.nanoseconds + second[.pipeline].nanoseconds == 2_000_002)
    #expect(second.idle.nanoseconds == 4_000_000)
    #expect(first.total == second.total)
  }
}
