@testable import ClusterSimulation
import Parallelism
import Testing
import TestSupport

@Suite("Deadlocks")
struct DeadlockTests {
  /// Stage 1 takes the third message for the first. Stage 0 sends the third after the first backward pass, which needs
  /// stage 1: both wait.
  private func crossed() throws -> (programs: ProgramSet, map: RankMap) {
    var (programs, map) = try TrainingSimulation(
      TinySetups.pipeline(stages: 2, microBatches: 3, schedule: "1f1b")
    ).compile()
    let receive = try #require(
      programs.infos.firstIndex { programs.names[Int($0.name)] == "receive_activation" })
    let first = Int(programs.channels[Int(programs.operations[receive].link)].firstSendRow)
    programs.sendRows.swapAt(first, first + 2)
    return (programs, map)
  }

  @Test(arguments: [ExecutorChoice.replay, .events])
  func `crossed messages block, and both ranks are named`(executor: ExecutorChoice) throws {
    let (programs, map) = try crossed()
    do throws(SimulationError) {
      _ = try TrainingSimulation.trace(programs: programs, map: map, executor: executor)
      Issue.record("a trace came out")
    } catch {
      guard case .deadlock(let deadlock) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(deadlock.blocked.map(\.rank) == [0, 1])
      #expect(
        deadlock.blocked.map(\.description) == [
          "receive_gradient of backward of stage 0 micro-batch 0",
          "receive_activation of forward of stage 1 micro-batch 0",
        ])
      #expect(deadlock.description.contains("rank 1 never starts receive_activation"))
    }
  }

  @Test func `a task graph finds the circle, and the reference engine stops at it`() throws {
    let (programs, map) = try crossed()
    let graph = try TaskGraph(programs: programs, map: map)
    #expect(throws: TaskGraphError.self) { try graph.criticalPath() }
    let times = ReferenceEngine.run(graph)
    #expect(times.starts.contains(-1))
    #expect(times.ends[0] >= 0)
  }

  @Test(arguments: [ExecutorChoice.replay, .events])
  func `a group that never fills up blocks`(executor: ExecutorChoice) throws {
    var setup = try TinySetups.pipeline(stages: 2, microBatches: 2, schedule: "gpipe")
    setup.options.clipsGradients = true
    var (programs, map) = try TrainingSimulation(setup).compile()
    map.groupSizes[0] = 3
    #expect(throws: SimulationError.self) {
      try TrainingSimulation.trace(programs: programs, map: map, executor: executor)
    }
  }
}

@Suite("Setups that cannot be simulated")
struct SetupErrorTests {
  @Test func `an invalid plan lists its violations`() throws {
    var setup = try TinySetups.pipeline(stages: 2, microBatches: 2, schedule: "gpipe")
    setup.plan.layersPerStage = [1, 2]
    setup.plan.schedule = .named("none")
    #expect {
      try TrainingSimulation(setup)
    } throws: { error in
      guard case .invalidPlan(let violations)? = error as? SimulationError else { return false }
      return violations.count == 2
    }
  }

  @Test func `a device without the number format is refused`() throws {
    var setup = try TinySetups.pipeline(stages: 2, microBatches: 2, schedule: "gpipe")
    let peaks = setup.cluster.device.peak.filter { $0.key != .bf16 }
    setup.cluster = setup.cluster.withPeaks(peaks)
    #expect {
      try TrainingSimulation(setup)
    } throws: { error in
      guard case .unsupportedFormat(.bf16, _, let supported)? = error as? SimulationError else { return false }
      return supported == [.fp32, .tf32, .fp16, .fp8]
    }
  }
}
