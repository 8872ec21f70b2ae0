@testable import ClusterSimulation
import Parallelism
import Testing
import TestSupport

@Suite("Task graphs")
struct TaskGraphTests {
  private func graph(_ setup: TrainingSetup, expandRanks: Bool = false) throws -> TaskGraph {
    let (programs, map) = try TrainingSimulation(setup).compile(expandRanks: expandRanks, costs: ScoreCost())
    return try TaskGraph(programs: programs, map: map)
  }

  private func pipeline() throws -> TaskGraph {
    try graph(TinySetups.pipeline(stages: 2, microBatches: 3, schedule: "1f1b"))
  }

  @Test func `every task has a line, and says what it waits for`() throws {
    let graph = try pipeline()
    let lines = graph.description.split(separator: "\n")
    #expect(lines.count == graph.nodeCount)
    #expect(
      lines[0] == "0 rank 0 compute forward token_embedding layer 0 micro-batch 0 lasts 0 ns")
    let receive = try #require(lines.first { $0.contains("receive_activation") })
    let send = try #require(lines.first { $0.contains("send_activation") })
    let row = try #require(send.split(separator: " ").first)
    #expect(send.contains("rank 0 pipeline_send send send_activation layer 1 micro-batch 0 lasts 1 ns after "))
    #expect(receive.contains("rank 1 pipeline_receive receive receive_activation micro-batch 0 lasts 0 ns"))
    #expect(receive.hasSuffix(" after \(row)"))
  }

  /// Two ranks, nothing shared but the gradients: members wait for the barrier, the barrier for both members' work.
  @Test func `members of a gathering wait for one barrier`() throws {
    let graph = try graph(TinySetups.data(ranks: 2), expandRanks: true)
    #expect(graph.barrierCount > 0)
    for barrier in graph.taskCount..<graph.nodeCount {
      let members = (0..<graph.taskCount).filter { graph.predecessors(of: $0).contains(Int32(barrier)) }
      #expect(members.count == 2)
      #expect(members.allSatisfy { graph.predecessors(of: $0).count == 1 })
      #expect(graph.durations[barrier] == 0)
    }
    #expect(graph.description.contains("\nbarrier 0 after "))
  }

  /// The chain of the hand calculation: 24 ms of work and four messages.
  @Test func `the critical path is the longest chain`() throws {
    let graph = try pipeline()
    let path = try graph.criticalPath()
    #expect(path.length.nanoseconds == 24_000_004)
    #expect(path.tasks.reduce(0) { $0 + graph.durations[$1] } == 24_000_004)
    for (task, next) in zip(path.tasks, path.tasks.dropFirst()) {
      #expect(graph.predecessors(of: next).contains(Int32(task)))
    }
    #expect(graph.busiestStream == StreamWork(rank: 0, stream: .compute, work: .init(nanoseconds: 18_000_000)))
  }

  @Test func `too many tasks are refused before they are written out`() throws {
    let (programs, map) = try TrainingSimulation(
      TinySetups.pipeline(stages: 2, microBatches: 3, schedule: "1f1b")
    ).compile()
    #expect(throws: TaskGraphError.tooManyTasks(found: map.rowCount, limit: 100)) {
      try TaskGraph(programs: programs, map: map, limit: 100)
    }
    #expect(TaskGraphError.tooManyTasks(found: 7, limit: 5).description.contains("the limit is 5"))
  }

  @Test func `receives without a send and lonely members are found`() throws {
    var (programs, map) = try TrainingSimulation(
      TinySetups.pipeline(stages: 2, microBatches: 1, schedule: "1f1b")
    ).compile()
    programs.sendRows[0] = -1
    #expect(throws: TaskGraphError.self) { try TaskGraph(programs: programs, map: map) }
    var setup = try TinySetups.pipeline(stages: 2, microBatches: 1, schedule: "1f1b")
    setup.options.clipsGradients = true
    (programs, map) = try TrainingSimulation(setup).compile()
    map.groupSizes[0] += 1
    #expect(throws: TaskGraphError.incompleteGathering(group: 0, found: 2, expected: 3)) {
      try TaskGraph(programs: programs, map: map)
    }
  }
}
