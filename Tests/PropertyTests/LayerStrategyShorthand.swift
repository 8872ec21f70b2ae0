import ClusterSimulation
import Hardware
import Parallelism
import TestSupport
import Workload

/// One stage of two blocks with one strategy everywhere.
enum LayerStrategyShorthand {
  /// Plain data parallelism.
  static func data(ranks: Int) -> LayerStrategy {
    var strategy = LayerStrategy()
    strategy.dataParallel = ranks
    return strategy
  }

  /// A small Llama under a strategy.
  static func setup(_ strategy: LayerStrategy, on cluster: Cluster, blocks: Int = 2) throws -> TrainingSetup {
    let plan = ParallelPlan(
      pipelineParallel: 1, virtualStages: 1, layersPerStage: [blocks],
      layers: Array(repeating: strategy, count: blocks), embedding: strategy, head: strategy, microBatches: 1,
      schedule: .named("1f1b"))
    return TrainingSetup(
      model: try TinyModel.llama.model(blocks: blocks, sequence: 256), cluster: cluster,
      job: TrainingJob(
        globalBatch: strategy.dataParallel, sequenceLength: 256, format: .bf16, gradientFormat: .fp32, optimizer: .adam),
      plan: plan)
  }
}
