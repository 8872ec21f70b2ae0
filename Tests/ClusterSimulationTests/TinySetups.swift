import ClusterSimulation
import Costing
import Hardware
import Parallelism
import Quantities
import TestSupport
import Workload

/// One millisecond for each product of two activations, nothing for everything else.
///
/// With unfused attention a block takes two of them forward (scores, weighted sum) and four backward.
struct ScoreCost: CostModel {
  let name = "scores"

  func price(of kernel: Kernel) -> KernelPrice {
    guard case .gemm(_, _, _, let batch) = kernel.kind, batch > 1 else {
      return KernelPrice(duration: .zero, basis: .derived)
    }
    return KernelPrice(duration: Seconds(1e-3), basis: .derived)
  }
}

/// Setups whose results can be worked out by hand.
enum TinySetups {
  /// Links on which every message takes one nanosecond.
  static func instantCluster(devices: Int) -> Cluster {
    let link = TestHardware.link(Bandwidth(bytesPerSecond: 1e30), latency: .zero)
    return Cluster(
      name: "instant", device: TestHardware.device(), devicesPerNode: devices, nodes: 1, topology: .nvswitch,
      intraNode: link, interNode: nil, networkCardsPerNode: 0, hostLink: link)
  }

  /// A pipeline of single GPUs, one block per virtual stage, one sequence per micro-batch.
  static func pipeline(
    stages: Int, microBatches: Int, schedule: String, virtualStages: Int = 1
  ) throws -> TrainingSetup {
    let blocks = stages * virtualStages
    let plan = ParallelPlan(
      pipelineParallel: stages, virtualStages: virtualStages, layersPerStage: Array(repeating: 1, count: blocks),
      layers: Array(repeating: LayerStrategy(), count: blocks), embedding: LayerStrategy(), head: LayerStrategy(),
      microBatches: microBatches, schedule: .named(schedule))
    var options = ExecutionOptions()
    options.attention = .unfused
    options.clipsGradients = false
    return TrainingSetup(
      model: try TinyModel.llama.model(blocks: blocks), cluster: instantCluster(devices: stages),
      job: job(globalBatch: microBatches), plan: plan, options: options)
  }

  /// One stage, all layers alike.
  static func data(
    _ kind: TinyModel = .gpt2, ranks: Int, blocks: Int = 1, globalBatch: Int? = nil, sequence: Int = 32,
    _ change: (inout LayerStrategy) -> Void = { _ in }
  ) throws -> TrainingSetup {
    var strategy = LayerStrategy()
    strategy.dataParallel = ranks
    change(&strategy)
    let plan = ParallelPlan(
      pipelineParallel: 1, virtualStages: 1, layersPerStage: [blocks],
      layers: Array(repeating: strategy, count: blocks), embedding: strategy, head: strategy, microBatches: 1,
      schedule: .named("gpipe"))
    return TrainingSetup(
      model: try kind.model(blocks: blocks, sequence: sequence), cluster: TestHardware.cluster(devicesPerNode: ranks),
      job: job(globalBatch: globalBatch ?? ranks, sequence: sequence), plan: plan)
  }

  /// bf16 weights and gradients, Adam.
  static func job(globalBatch: Int, sequence: Int = 48) -> TrainingJob {
    TrainingJob(
      globalBatch: globalBatch, sequenceLength: sequence, format: .bf16, gradientFormat: .bf16, optimizer: .adam)
  }

  /// Replays a setup in which only scores take time.
  static func trace(_ setup: TrainingSetup, executor: ExecutorChoice = .replay) throws -> Trace {
    let (programs, map) = try TrainingSimulation(setup).compile(costs: ScoreCost())
    return try TrainingSimulation.trace(programs: programs, map: map, executor: executor)
  }

  /// The most bytes of a category a simulated rank holds beyond what is resident.
  static func peak(_ category: MemoryCategory, _ trace: Trace, rank: Int) -> Int64 {
    var held: Int64 = 0
    var peak: Int64 = 0
    for change in MemoryTimeline(trace: trace, simulatedRank: rank).changes where change.category == category {
      held += change.bytes
      peak = max(peak, held)
    }
    return peak
  }
}
