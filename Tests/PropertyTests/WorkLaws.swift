import ClusterSimulation
import Parallelism
import Testing
import TestSupport
import Workload

@Suite("Work of generated plans")
struct WorkLaws {
  /// A pass of a layer for a micro-batch.
  private struct Pass: Hashable {
    var kind: TaskKind
    var layer: Int
    var microBatch: Int
  }

  private func tasks(_ run: GeneratedRun, _ rank: Int) -> [TraceTask] {
    var tasks: [TraceTask] = []
    run.folded.replay.forEachTask(ofSimulatedRank: rank) { tasks.append($0) }
    return tasks
  }

  private func problems(_ law: (GeneratedRun, Int, [TraceTask]) throws -> [String]) rethrows -> [String] {
    try GeneratedRuns.problems { run in
      try (0..<run.folded.map.rankCount).flatMap { rank in
        try law(run, rank, tasks(run, rank)).map { "rank \(rank): \($0)" }
      }
    }
  }

  @Test func `every kernel of every layer runs once per micro-batch and pass`() throws {
    let problems = try problems { run, rank, tasks in
      let work = ExpectedWork(setup: run.setup)
      let sizes = try run.setup.plan.microBatching(globalBatch: run.setup.job.globalBatch).sizes
      var found: [Pass: Int] = [:]
      let kinds: [TaskKind] = [.forward, .backwardInput, .backwardWeight, .recompute]
      for task in tasks where kinds.contains(task.info.kind) {
        found[Pass(kind: task.info.kind, layer: Int(task.info.layer), microBatch: task.microBatch), default: 0] += 1
      }
      var expected: [Pass: Int] = [:]
      for layer in work.layers(ofStage: run.stage(run.folded, rank)) {
        for (microBatch, size) in sizes.enumerated() {
          for (kind, count) in kernelCounts(work, layer, size: size) where count > 0 {
            expected[Pass(kind: kind, layer: layer, microBatch: microBatch)] = count
          }
        }
      }
      return found == expected ? [] : ["found \(found.count) passes, expected \(expected.count)"]
    }
    #expect(problems == [])
  }

  private func kernelCounts(_ work: ExpectedWork, _ layer: Int, size: Int) -> [(TaskKind, Int)] {
    var counts = [0, 0, 0, 0]
    for case .compute(let step) in work.elements(layer, size: size) {
      counts[0] += step.forward.count
      counts[1] += step.backwardInput.count
      counts[2] += step.backwardWeight.count
      switch work.strategy(layer).recompute {
      case .none: break
      case .selective: counts[3] += step.recompute == .attentionCore ? step.forward.count : 0
      case .full: counts[3] += layer > 0 ? step.forward.count : 0
      }
    }
    return [
      (.forward, counts[0]), (.backwardInput, counts[1]), (.backwardWeight, counts[2]), (.recompute, counts[3]),
    ]
  }

  @Test func `collectives inside layers move what the layers ask for`() throws {
    let problems = try problems { run, rank, tasks in
      let work = ExpectedWork(setup: run.setup)
      let sizes = try run.setup.plan.microBatching(globalBatch: run.setup.job.globalBatch).sizes
      var expected: Int64 = 0
      for layer in work.layers(ofStage: run.stage(run.folded, rank)) {
        let repeats = work.strategy(layer).recompute == .full && layer > 0
        for size in sizes {
          for case .collective(let step) in work.elements(layer, size: size) {
            let forward = step.forward?.payload.count ?? 0
            expected += forward + (step.backward?.payload.count ?? 0)
            if repeats, step.repeatsInRecompute { expected += forward }
          }
        }
      }
      let found = tasks.filter { $0.info.kind == .layerCollective }.reduce(0) { $0 + $1.info.bytes }
      return found == expected ? [] : ["\(found) bytes, expected \(expected)"]
    }
    #expect(problems == [])
  }

  @Test func `gradient reductions carry every shared gradient as often as asked`() {
    let problems = problems { run, rank, tasks in
      let work = ExpectedWork(setup: run.setup)
      let expected = work.layers(ofStage: run.stage(run.folded, rank)).reduce(Int64(0)) { sum, layer in
        let times = Int64(work.reducesEveryMicroBatch(layer) ? run.setup.plan.microBatches : 1)
        return sum + times * work.sharedParameters(layer) * run.setup.job.gradientFormat.bytesPerElement
      }
      let found = bytes(tasks, run, kind: .gradientReduction, name: "reduce_gradients")
      return found == expected ? [] : ["\(found) bytes, expected \(expected)"]
    }
    #expect(problems == [])
  }

  @Test func `sharded parameters are gathered as often as the ZeRO stage says`() {
    let problems = problems { run, rank, tasks in
      let work = ExpectedWork(setup: run.setup)
      let microBatches = Int64(run.setup.plan.microBatches)
      let expected = work.layers(ofStage: run.stage(run.folded, rank)).reduce(Int64(0)) { sum, layer in
        let times =
          switch work.strategy(layer).zero {
          case .none: Int64(0)
          case .optimizer, .gradients: Int64(1)
          case .parameters: run.setup.options.reshardAfterForward ? 2 * microBatches : 1
          }
        return sum + times * work.sharedParameters(layer) * run.setup.job.parameterBytes
      }
      let found = tasks.filter { $0.info.kind == .parameterGather }.reduce(0) { $0 + $1.info.bytes }
      return found == expected ? [] : ["\(found) bytes, expected \(expected)"]
    }
    #expect(problems == [])
  }

  private func bytes(_ tasks: [TraceTask], _ run: GeneratedRun, kind: TaskKind, name: String) -> Int64 {
    tasks.filter { $0.info.kind == kind && run.folded.programs.names[Int($0.info.name)] == name }
      .reduce(0) { $0 + $1.info.bytes }
  }

  @Test func `every message sent is received, and takes as long`() {
    let problems = GeneratedRuns.problems { run in
      let trace = run.expanded.replay
      var sent: Set<Int> = []
      var received: [Int] = []
      for rank in 0..<run.expanded.map.rankCount {
        trace.forEachTask(ofSimulatedRank: rank) { task in
          if task.info.kind == .send { sent.insert(task.row) }
          guard let row = trace.sendRow(ofReceive: task, simulatedRank: rank) else { return }
          let send = trace.task(row: row)
          let agree =
            send.info.bytes == task.info.bytes && send.microBatch == task.microBatch && send.peer == task.rank
            && task.peer == send.rank && task.end >= send.end
          received.append(agree ? row : -1)
        }
      }
      let same = received.count == sent.count && Set(received) == sent
      return same ? [] : ["\(sent.count) messages sent, \(received.count) received"]
    }
    #expect(problems == [])
  }
}
