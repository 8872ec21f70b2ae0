import ClusterSimulation
import Parallelism
import Testing
import TestSupport

/// What the data needs, whatever waits the lowering wrote down: times are compared, not edges.
@Suite("Order of data in generated plans")
struct DataOrderLaws {
  /// First start and last end of operations of one layer for one micro-batch on one rank.
  private struct Span {
    var start = Int64.max
    var end = Int64.min
  }

  /// Spans by rank, layer and micro-batch.
  private struct Spans {
    var values: [Span]
    let layers: Int
    let microBatches: Int

    init(_ run: GeneratedRun) {
      layers = run.setup.model.blocks.count + 2
      microBatches = run.setup.plan.microBatches
      values = Array(repeating: Span(), count: run.expanded.map.rankCount * layers * microBatches)
    }

    subscript(rank: Int, layer: Int, microBatch: Int) -> Span {
      get { values[(rank * layers + layer) * microBatches + microBatch] }
      set { values[(rank * layers + layer) * microBatches + microBatch] = newValue }
    }
  }

  /// The operations of a layer that its neighbours' data depends on.
  private enum Path {
    case forward
    case backward
    case weights

    func contains(_ kind: TaskKind, inForwardStep: Bool) -> Bool {
      switch kind {
      case .forward: self == .forward
      case .backwardInput, .recompute: self == .backward
      case .backwardWeight: self == .weights
      case .layerCollective, .resharding: self == (inForwardStep ? .forward : .backward)
      case .gradientNorm, .optimizer, .gradientReduction, .parameterGather, .send, .receive, .marker, .launch: false
      }
    }
  }

  /// Whether a collective gathers an input again for a weight gradient, beside everything else.
  private func feedsWeightsOnly(_ name: String) -> Bool {
    name.hasSuffix("_regather") && name != "key_value_regather"
  }

  private func spans(_ run: GeneratedRun, _ path: Path) -> Spans {
    let (programs, map, columns) = (run.expanded.programs, run.expanded.map, run.expanded.replay.columns)
    var spans = Spans(run)
    for rank in 0..<map.rankCount {
      for step in programs.steps[programs.stepRange(ofProgram: Int(map.programs[rank]))] where step.microBatch >= 0 {
        let isForward = programs.templates[Int(step.template)].name.hasPrefix("forward")
        let firstRow = map.firstRows[rank] + Int(step.firstRow)
        for (index, operation) in programs.operationRange(ofTemplate: Int(step.template)).enumerated() {
          let info = programs.infos[operation]
          guard path.contains(info.kind, inForwardStep: isForward) else { continue }
          if feedsWeightsOnly(programs.names[Int(info.name)]) { continue }
          var span = spans[rank, Int(info.layer), Int(step.microBatch)]
          span.start = min(span.start, columns.starts[firstRow + index])
          span.end = max(span.end, columns.ends[firstRow + index])
          spans[rank, Int(info.layer), Int(step.microBatch)] = span
        }
      }
    }
    return spans
  }

  /// The global rank that holds a layer at a position of the stages.
  private func holders(_ run: GeneratedRun) -> [[Int]] {
    let work = ExpectedWork(setup: run.setup)
    let plan = run.setup.plan
    let size = run.setup.cluster.deviceCount / plan.pipelineParallel
    var holders = Array(repeating: [Int](), count: run.setup.model.blocks.count + 2)
    for stage in 0..<plan.pipelineParallel {
      for layer in work.layers(ofStage: stage) {
        holders[layer] = (0..<size).map {
          plan.rankOrder.rank(stage: stage, position: $0, stages: plan.pipelineParallel, stageSize: size)
        }
      }
    }
    return holders
  }

  @Test func `a layer goes forward after the layer before it`() {
    let problems = GeneratedRuns.problems { run in
      let forward = spans(run, .forward)
      let holders = holders(run)
      for layer in 1..<holders.count {
        for (rank, previous) in zip(holders[layer], holders[layer - 1]) {
          for microBatch in 0..<run.setup.plan.microBatches
          where forward[rank, layer, microBatch].start < forward[previous, layer - 1, microBatch].end {
            return ["layer \(layer) of rank \(rank) is early for micro-batch \(microBatch)"]
          }
        }
      }
      return []
    }
    #expect(problems == [])
  }

  @Test func `a layer goes backward after its forward pass and after the layer behind it`() {
    let problems = GeneratedRuns.problems { run in
      let forward = spans(run, .forward)
      let backward = spans(run, .backward)
      let holders = holders(run)
      for layer in holders.indices {
        for (position, rank) in holders[layer].enumerated() {
          for microBatch in 0..<run.setup.plan.microBatches {
            let start = backward[rank, layer, microBatch].start
            if start < forward[rank, layer, microBatch].end { return ["layer \(layer) runs back before forth"] }
            guard layer + 1 < holders.count else { continue }
            if start < backward[holders[layer + 1][position], layer + 1, microBatch].end {
              return ["layer \(layer) of rank \(rank) is early for micro-batch \(microBatch)"]
            }
          }
        }
      }
      return []
    }
    #expect(problems == [])
  }

  /// Weight gradients need the forward pass and the gradient of the layer behind; the update needs all of them.
  @Test func `weight gradients come after the layer behind and before the update`() {
    let problems = GeneratedRuns.problems { run in
      let backward = spans(run, .backward)
      let weights = spans(run, .weights)
      let holders = holders(run)
      var updates = Array(repeating: Int64.max, count: run.expanded.map.rankCount)
      for rank in updates.indices {
        run.expanded.replay.forEachTask(ofSimulatedRank: rank) { task in
          if task.info.kind == .optimizer { updates[rank] = task.start.nanoseconds }
        }
      }
      for layer in holders.indices {
        for (position, rank) in holders[layer].enumerated() {
          for microBatch in 0..<run.setup.plan.microBatches {
            let span = weights[rank, layer, microBatch]
            if span.end > updates[rank] { return ["layer \(layer) of rank \(rank) is late for the update"] }
            guard layer + 1 < holders.count else { continue }
            if span.start < backward[holders[layer + 1][position], layer + 1, microBatch].end {
              return ["weights of layer \(layer) of rank \(rank) are early for micro-batch \(microBatch)"]
            }
          }
        }
      }
      return []
    }
    #expect(problems == [])
  }

  @Test func `the update comes after every reduction of gradients`() {
    let problems = GeneratedRuns.problems { run in
      (0..<run.expanded.map.rankCount).flatMap { rank -> [String] in
        var reduced = Int64(0)
        var update = Int64.max
        run.expanded.replay.forEachTask(ofSimulatedRank: rank) { task in
          if task.info.kind == .gradientReduction { reduced = max(reduced, task.end.nanoseconds) }
          if task.info.kind == .optimizer { update = task.start.nanoseconds }
        }
        return reduced > update ? ["rank \(rank) updates \(reduced - update) ns early"] : []
      }
    }
    #expect(problems == [])
  }
}
