import ClusterSimulation
import Parallelism
import Testing
import TestSupport

/// The laws say little about plans that are never drawn.
@Suite("What the generator draws")
struct CoverageTests {
  private func count(_ matches: (GeneratedRun) -> Bool) -> Int { GeneratedRuns.all.filter(matches).count }

  private func countLayers(_ matches: @escaping (LayerStrategy) -> Bool) -> Int {
    count { $0.setup.plan.layers.contains(where: matches) }
  }

  private func countSchedule(_ name: String) -> Int { count { $0.setup.plan.schedule == .named(name) } }

  @Test func `each dimension of parallelism occurs often`() {
    #expect(countLayers { $0.tensorParallel > 1 } > 80)
    #expect(countLayers { $0.sequenceParallel } > 40)
    #expect(countLayers { $0.ulysses > 1 } > 25)
    #expect(countLayers { $0.contextParallel > 1 } > 40)
    #expect(countLayers { $0.expertParallel > 1 } > 25)
    #expect(countLayers { $0.dataParallel > 1 } > 80)
    #expect(countLayers { !$0.isConsecutive && $0.tensorParallel > 1 && $0.dataParallel > 1 } > 10)
    for zero in ZeroStage.allCases { #expect(countLayers { $0.zero == zero && $0.dataParallel > 1 } > 40) }
    for policy in RecomputePolicy.allCases { #expect(countLayers { $0.recompute == policy } > 80) }
    #expect(count { Set($0.setup.plan.layers).count > 1 } > 80)
  }

  @Test func `each kind of pipeline occurs often`() {
    for stages in 1...4 { #expect(count { $0.setup.plan.pipelineParallel == stages } > 20) }
    for chunks in 1...3 { #expect(count { $0.setup.plan.virtualStages == chunks } > 20) }
    #expect(countSchedule("gpipe") > 40)
    #expect(countSchedule("1f1b") > 40)
    #expect(countSchedule("interleaved-1f1b") > 40)
    #expect(count { if case .custom = $0.setup.plan.schedule { true } else { false } } > 80)
    #expect(count { $0.setup.plan.layersPerStage.contains(0) } > 80)
    #expect(count { $0.setup.plan.rankOrder.pipelineStride != nil && $0.setup.plan.pipelineParallel > 1 } > 40)
    #expect(count { $0.setup.plan.microBatches > 4 } > 40)
  }

  /// Whether ranks of unlike classes meet in a group other than that of all ranks and that of a tied embedding.
  private func joinsClasses(_ replayed: Replayed) -> Bool {
    (0..<replayed.map.rankCount).contains { rank in
      let names = replayed.programs.programs[Int(replayed.map.programs[rank])].groupNames
      return names.enumerated().contains { slot, name in
        let group = replayed.map.groups[rank * replayed.map.groupSlotCount + slot]
        return replayed.map.groupSizes[Int(group)] > 1 && name != "all ranks" && name != "tied embedding"
      }
    }
  }

  @Test func `each model and unusual clusters occur often`() {
    for kind in TinyModel.allCases { #expect(count { $0.setup.model.name == kind.rawValue } > 40) }
    #expect(count { $0.setup.cluster.nodes == 3 } > 20)
    #expect(count { $0.setup.cluster.nodes > 1 } > 150)
    #expect(count { $0.folded.map.rankCount < $0.expanded.map.rankCount } > 150)
    #expect(count { $0.folded.map.rankCount > $0.setup.plan.pipelineParallel } > 40)
    #expect(count { joinsClasses($0.folded) } > 25)
    #expect(count { $0.setup.plan.embedding != $0.setup.plan.layers[0] } > 80)
  }
}
