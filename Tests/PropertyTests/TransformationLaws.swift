@testable import ClusterSimulation
import Parallelism
import Testing
import TestSupport

@Suite("Changed plans")
struct TransformationLaws {
  @Test func `the same setup compiles and runs the same twice`() throws {
    let problems = try GeneratedRuns.problems { run in
      guard run.number % 4 == 0 else { return [] }
      let (programs, map) = try TrainingSimulation(run.setup).compile()
      let trace = try TrainingSimulation.trace(programs: programs, map: map, executor: .auto)
      var problems: [String] = []
      if programs != run.folded.programs { problems.append("programs differ") }
      if map != run.folded.map { problems.append("maps differ") }
      if trace.columns != run.folded.replay.columns { problems.append("times differ") }
      if trace.fingerprint != run.folded.events.fingerprint { problems.append("fingerprints differ") }
      return problems
    }
    #expect(problems == [])
  }

  @Test func `tripling all durations triples all times`() throws {
    let problems = try GeneratedRuns.problems { run in
      var programs = run.folded.programs
      for index in programs.operations.indices { programs.operations[index].duration *= 3 }
      let trace = try TrainingSimulation.trace(programs: programs, map: run.folded.map, executor: .replay)
      let old = run.folded.replay.columns
      let same = trace.columns.starts == old.starts.map { 3 * $0 } && trace.columns.ends == old.ends.map { 3 * $0 }
      return same ? [] : ["times are not tripled"]
    }
    #expect(problems == [])
  }

  /// Orders are fixed, so Graham's anomalies cannot occur.
  @Test func `faster operations never delay anything`() throws {
    var generator = SeededGenerator(seed: 7)
    let problems = try GeneratedRuns.problems { run in
      var programs = run.folded.programs
      for index in programs.operations.indices where generator.once(in: 3) {
        programs.operations[index].duration -= programs.operations[index].duration / 2
      }
      let trace = try TrainingSimulation.trace(programs: programs, map: run.folded.map, executor: .replay)
      let late = zip(trace.columns.ends, run.folded.replay.columns.ends).contains { $0 > $1 }
      return late ? ["a task ends later"] : []
    }
    #expect(problems == [])
  }

  /// A stride of whole nodes only says which node each part of a stage lives on; on one node any stride only renames
  /// GPUs. Either way the same position of the same stage does the same at the same time.
  @Test func `renaming the nodes of a symmetric cluster changes nothing`() throws {
    var compared = 0
    let problems = try GeneratedRuns.problems { run in
      guard let strides = renamings(run) else { return [] }
      var problems: [String] = []
      for stride in strides {
        var setup = run.setup
        setup.plan.rankOrder = RankOrder(pipelineStride: stride)
        let simulation = try TrainingSimulation(setup)
        let (programs, map) = try simulation.compile(expandRanks: true)
        let trace = try TrainingSimulation.trace(programs: programs, map: map, executor: .replay)
        compared += 1
        if !isSame(trace, setup.plan, run.expanded.replay, run.setup.plan) {
          problems.append("stride \(stride) differs")
        }
      }
      return problems
    }
    #expect(problems == [])
    #expect(compared > 50)
  }

  /// Strides that place the same nodes' worth of positions on whole nodes as the run does.
  private func renamings(_ run: GeneratedRun) -> [Int]? {
    let cluster = run.setup.cluster
    let stages = run.setup.plan.pipelineParallel
    let size = cluster.deviceCount / stages
    guard stages > 1 else { return nil }
    let isWhole = { (stride: Int) in
      size % stride == 0 && (cluster.nodes == 1 || stride % cluster.devicesPerNode == 0)
    }
    guard isWhole(run.setup.plan.rankOrder.pipelineStride ?? size) else { return nil }
    return (1...size).filter { stride in
      var plan = run.setup.plan
      plan.rankOrder = RankOrder(pipelineStride: stride)
      return isWhole(stride)
        && plan.violations(model: run.setup.model, job: run.setup.job, devices: cluster.deviceCount).isEmpty
    }
  }

  private func isSame(_ left: Trace, _ leftPlan: ParallelPlan, _ right: Trace, _ rightPlan: ParallelPlan) -> Bool {
    let stages = leftPlan.pipelineParallel
    let size = left.map.rankCount / stages
    for stage in 0..<stages {
      for position in 0..<size {
        let a = leftPlan.rankOrder.rank(stage: stage, position: position, stages: stages, stageSize: size)
        let b = rightPlan.rankOrder.rank(stage: stage, position: position, stages: stages, stageSize: size)
        let rows = left.map.firstRows[a]..<left.map.firstRows[a + 1]
        let twins = right.map.firstRows[b]..<right.map.firstRows[b + 1]
        guard left.columns.starts[rows] == right.columns.starts[twins] else { return false }
        guard left.columns.ends[rows] == right.columns.ends[twins] else { return false }
      }
    }
    return true
  }
}
