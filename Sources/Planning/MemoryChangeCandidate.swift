import ClusterSimulation
import Parallelism
import Workload

/// A change of a plan that lowers memory.
struct MemoryChangeCandidate: Sendable {
  /// What it does, for people.
  let summary: String
  /// The changed setup and the keys that were set; `nil` when it does not apply or changes nothing.
  let apply: @Sendable (TrainingSetup) -> (setup: TrainingSetup, settings: [String])?

  /// Every candidate, gentlest first.
  static let all: [MemoryChangeCandidate] = [
    flashAttention, sequenceParallel, selectiveRecompute, smallerMicroBatch(2), smallerMicroBatch(4),
    zero(.optimizer), zero(.gradients), fullRecompute, zero(.parameters), moreTensor(2), moreTensor(4), moreTensor(8),
    morePipeline(2), morePipeline(4), morePipeline(8),
  ]

  private static let flashAttention = MemoryChangeCandidate(summary: "use flash attention") { setup in
    guard setup.options.attention == .unfused else { return nil }
    var changed = setup
    changed.options.attention = .flash
    return (changed, ["options.attention=flash"])
  }

  private static let sequenceParallel = MemoryChangeCandidate(summary: "turn Megatron sequence parallelism on") {
    setup in
    changeStrategies(setup, ["plan.sequence_parallel=true"]) { strategy in
      if strategy.tensorParallel > 1 { strategy.sequenceParallel = true }
    }
  }

  private static let selectiveRecompute = MemoryChangeCandidate(summary: "recompute the attention core") { setup in
    changeStrategies(setup, ["plan.recompute=selective"]) { strategy in
      if strategy.recompute == .none { strategy.recompute = .selective }
    }
  }

  static let fullRecompute = MemoryChangeCandidate(summary: "recompute every layer") { setup in
    changeStrategies(setup, ["plan.recompute=full"]) { $0.recompute = .full }
  }

  static func zero(_ stage: ZeroStage) -> MemoryChangeCandidate {
    MemoryChangeCandidate(summary: "shard model states with ZeRO-\(stage.rawValue)") { setup in
      changeStrategies(setup, ["plan.zero=\(stage.rawValue)"], vocabulary: true) { strategy in
        if strategy.zero < stage { strategy.zero = stage }
      }
    }
  }

  private static func smallerMicroBatch(_ factor: Int) -> MemoryChangeCandidate {
    MemoryChangeCandidate(summary: "cut the batch into \(factor) times as many micro-batches") { setup in
      let count = setup.plan.microBatches * factor
      guard setup.job.globalBatch % (count * setup.plan.largestDataParallel) == 0 else { return nil }
      var changed = setup
      changed.plan.microBatches = count
      return (changed, ["job.micro_batch=\(setup.job.globalBatch / count / setup.plan.largestDataParallel)"])
    }
  }

  private static func moreTensor(_ factor: Int) -> MemoryChangeCandidate {
    MemoryChangeCandidate(summary: "split layers over \(factor) times as many tensor-parallel ranks") { setup in
      guard let width = setup.plan.layers.first?.tensorParallel else { return nil }
      return trade(setup, factor: factor, settings: ["plan.tp=\(width * factor)"]) { $0.tensorParallel *= factor }
    }
  }

  private static func morePipeline(_ factor: Int) -> MemoryChangeCandidate {
    MemoryChangeCandidate(summary: "use \(factor) times as many pipeline stages") { setup in
      guard setup.plan.virtualStages == 1 else { return nil }
      let stages = setup.plan.pipelineParallel * factor
      let blocks = setup.model.blocks.count
      guard stages <= blocks else { return nil }
      guard var (changed, settings) = trade(setup, factor: factor, settings: ["plan.pp=\(stages)"], change: { _ in })
      else { return nil }
      changed.plan.pipelineParallel = stages
      changed.plan.layersPerStage = StageSplit.even(blocks: blocks, stages: stages)
      settings += ["plan.stages=[\(changed.plan.layersPerStage.map(String.init).joined(separator: ","))]"]
      return (changed, settings)
    }
  }

  /// Gives `factor` of the data-parallel degree to another dimension, the batch per micro-batch kept.
  private static func trade(
    _ setup: TrainingSetup, factor: Int, settings: [String], change: (inout LayerStrategy) -> Void
  ) -> (setup: TrainingSetup, settings: [String])? {
    let strategies = setup.plan.layers + [setup.plan.embedding, setup.plan.head]
    guard strategies.allSatisfy({ $0.dataParallel % factor == 0 }) else { return nil }
    return changeStrategies(setup, settings, vocabulary: true) { strategy in
      strategy.dataParallel /= factor
      change(&strategy)
    }
  }

  /// Changes the strategy of every block (and of embedding and head); `nil` when nothing changes.
  private static func changeStrategies(
    _ setup: TrainingSetup, _ settings: [String], vocabulary: Bool = false, _ change: (inout LayerStrategy) -> Void
  ) -> (setup: TrainingSetup, settings: [String])? {
    var changed = setup
    for index in changed.plan.layers.indices { change(&changed.plan.layers[index]) }
    if vocabulary {
      change(&changed.plan.embedding)
      change(&changed.plan.head)
    }
    guard changed.plan != setup.plan else { return nil }
    let isUniform = Set(setup.plan.layers).count == 1
    return (changed, isUniform ? settings : [])
  }
}
