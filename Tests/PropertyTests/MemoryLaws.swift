import ClusterSimulation
import Parallelism
import Testing
import TestSupport

@Suite("Memory of generated plans")
struct MemoryLaws {
  /// Runs a law over the ledgers of all simulated ranks of the folded runs.
  private func problems(_ law: (GeneratedRun, Int, MemoryTimeline) throws -> [String]) rethrows -> [String] {
    try GeneratedRuns.problems { run in
      try (0..<run.folded.map.rankCount).flatMap { rank in
        try law(run, rank, MemoryTimeline(trace: run.folded.replay, simulatedRank: rank)).map { "rank \(rank): \($0)" }
      }
    }
  }

  @Test func `everything taken is given back, category by category and layer by layer`() {
    let problems = problems { run, _, timeline in
      let layers = run.setup.model.blocks.count + 3
      var left = Array(repeating: Int64(0), count: MemoryCategory.allCases.count * layers)
      for change in timeline.changes {
        left[Int(change.category.rawValue) * layers + Int(change.layer) + 1] += change.bytes
      }
      guard let index = left.firstIndex(where: { $0 != 0 }) else { return [] }
      let category = MemoryCategory.allCases[index / layers].name
      return ["\(left[index]) bytes of \(category), layer \(index % layers - 1), are left"]
    }
    #expect(problems == [])
  }

  @Test func `no category is ever negative`() {
    let problems = problems { run, _, timeline in
      var held = Array(repeating: Int64(0), count: MemoryCategory.allCases.count)
      for part in timeline.resident { held[Int(part.category.rawValue)] += part.bytes.count }
      for change in timeline.changes {
        held[Int(change.category.rawValue)] += change.bytes
        guard held[Int(change.category.rawValue)] < 0 else { continue }
        let name = run.folded.programs.names[Int(run.folded.replay.task(row: change.row).info.name)]
        return ["\(change.category) falls to \(held[Int(change.category.rawValue)]) at row \(change.row) (\(name))"]
      }
      return []
    }
    #expect(problems == [])
  }

  @Test func `changes are in order of time`() {
    let problems = problems { _, _, timeline in
      zip(timeline.changes, timeline.changes.dropFirst()).contains { $1.time < $0.time } ? ["out of order"] : []
    }
    #expect(problems == [])
  }

  /// A step gathers its own layer and `prefetchLayers` more; the end of the step before overlaps with its beginning.
  @Test func `gathered parameters stay within what is gathered ahead`() {
    let problems = problems { run, rank, timeline in
      guard run.setup.options.reshardAfterForward else { return [] }
      let largest = timeline.changes.filter { $0.category == .gathered }.map(\.bytes).max() ?? 0
      let ahead = Int64(1 + run.setup.options.prefetchLayers)
      var held: Int64 = 0
      var peak: Int64 = 0
      for change in timeline.changes where change.category == .gathered {
        held += change.bytes
        peak = max(peak, held)
      }
      // A layer with experts gathers in two parts.
      return peak > 2 * 2 * ahead * largest ? ["\(peak) bytes gathered, the largest part is \(largest)"] : []
    }
    #expect(problems == [])
  }
}
