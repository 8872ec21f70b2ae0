import ClusterSimulation
import Quantities
import Testing
import TestSupport

@Suite("Execution of generated plans")
struct ExecutionLaws {
  @Test func `no valid plan deadlocks or fails`() {
    #expect(GeneratedRuns.outcome.failures == [])
    #expect(GeneratedRuns.all.count == GeneratedRuns.count)
  }

  @Test func `replay, events and reference give every task the same times`() {
    let problems = GeneratedRuns.problems { run in
      [run.folded, run.expanded].flatMap { replayed in
        let replay = replayed.replay.columns
        let events = replayed.events.columns
        return firstDifference("replay", replay.starts, "reference", replayed.reference.starts, replayed)
          + firstDifference("replay", replay.ends, "reference", replayed.reference.ends, replayed)
          + firstDifference("events", events.starts, "reference", replayed.reference.starts, replayed)
          + firstDifference("events", events.ends, "reference", replayed.reference.ends, replayed)
      }
    }
    #expect(problems == [])
  }

  private func firstDifference(
    _ left: String, _ leftTimes: [Int64], _ right: String, _ rightTimes: [Int64], _ replayed: Replayed
  ) -> [String] {
    guard leftTimes != rightTimes else { return [] }
    guard let row = zip(leftTimes, rightTimes).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset
    else { return ["\(left) has \(leftTimes.count) rows, \(right) \(rightTimes.count)"] }
    let name = replayed.programs.names[Int(replayed.replay.task(row: row).info.name)]
    return ["row \(row) (\(name)): \(left) \(leftTimes[row]), \(right) \(rightTimes[row])"]
  }

  @Test func `every rank of a class runs as its representative does`() {
    let problems = GeneratedRuns.problems { run in
      let folded = run.folded
      return run.expanded.map.globalRanks.indices.flatMap { rank -> [String] in
        let rows = run.expanded.rows(rank)
        guard let twin = folded.map.programs.firstIndex(of: run.expanded.map.programs[rank]) else {
          return ["rank \(rank) has no representative"]
        }
        let twins = folded.rows(twin)
        let same =
          run.expanded.replay.columns.starts[rows] == folded.replay.columns.starts[twins]
          && run.expanded.replay.columns.ends[rows] == folded.replay.columns.ends[twins]
        return same ? [] : ["rank \(rank) differs from rank \(folded.map.globalRanks[twin])"]
      }
    }
    #expect(problems == [])
  }

  @Test func `folding changes neither time nor memory`() {
    let problems = GeneratedRuns.problems { run in
      var problems: [String] = []
      if run.folded.iteration != run.expanded.iteration { problems.append("iteration times differ") }
      for rank in 0..<run.expanded.map.rankCount {
        guard let twin = run.folded.map.programs.firstIndex(of: run.expanded.map.programs[rank]) else { continue }
        let peak = MemoryTimeline(trace: run.expanded.replay, simulatedRank: rank).peak()
        let twinPeak = MemoryTimeline(trace: run.folded.replay, simulatedRank: twin).peak()
        if peak.byCategory != twinPeak.byCategory { problems.append("peak of rank \(rank) differs") }
      }
      return problems
    }
    #expect(problems == [])
  }

  @Test func `tasks of a stream never overlap, and with the gaps they fill the iteration`() {
    let problems = GeneratedRuns.problems { run in
      (0..<run.expanded.map.rankCount).flatMap { rank -> [String] in
        var ends = Array(repeating: Int64(0), count: StreamKind.count)
        var busy = ends
        var idle = ends
        var problems: [String] = []
        run.expanded.replay.forEachTask(ofSimulatedRank: rank) { task in
          let stream = Int(task.stream.rawValue)
          if task.start.nanoseconds < ends[stream] || task.end < task.start {
            problems.append("row \(task.row) overlaps the task before")
          }
          idle[stream] += task.start.nanoseconds - ends[stream]
          busy[stream] += task.end.nanoseconds - task.start.nanoseconds
          ends[stream] = task.end.nanoseconds
        }
        for stream in 0..<StreamKind.count {
          let rest = run.expanded.iteration.nanoseconds - ends[stream]
          if rest < 0 || busy[stream] + idle[stream] + rest != run.expanded.iteration.nanoseconds {
            problems.append("stream \(stream) of rank \(rank) does not add up")
          }
        }
        return problems
      }
    }
    #expect(problems == [])
  }

  @Test func `the iteration takes as long as its longest chain and longer than any stream works`() {
    let problems = GeneratedRuns.problems { run in
      [run.folded, run.expanded].flatMap { replayed -> [String] in
        var problems: [String] = []
        if replayed.iteration != replayed.criticalPath.length {
          problems.append("iteration \(replayed.iteration), critical path \(replayed.criticalPath.length)")
        }
        if replayed.iteration.nanoseconds < replayed.busiestStream { problems.append("a stream works longer") }
        return problems
      }
    }
    #expect(problems == [])
  }

  @Test func `the parts of a breakdown add up to the iteration`() {
    let problems = GeneratedRuns.problems { run in
      (0..<run.expanded.map.rankCount).flatMap { rank -> [String] in
        let parts = run.expanded.replay.breakdown(ofSimulatedRank: rank, iteration: run.expanded.iteration)
        let all = [parts.compute, parts.bubble, parts.optimizer, parts.idle] + parts.exposed
        if all.contains(where: { $0 < .zero }) { return ["rank \(rank) has a negative part: \(parts)"] }
        return parts.total == run.expanded.iteration ? [] : ["rank \(rank): \(parts.total)"]
      }
    }
    #expect(problems == [])
  }
}
