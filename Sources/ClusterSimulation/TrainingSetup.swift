import Costing
import Hardware
import Parallelism
import Quantities
import Workload

/// Everything one simulation is about, validated: what is trained, where, and how it is spread.
public struct TrainingSetup: Hashable, Sendable {
  /// What is trained.
  public var model: Model
  /// Where.
  public var cluster: Cluster
  /// On how much data, with which numbers.
  public var job: TrainingJob
  /// How it is spread.
  public var plan: ParallelPlan
  /// How the framework runs it.
  public var options: ExecutionOptions
  /// How ranks differ from each other.
  public var conditions = Conditions()
  /// What kernels cost: rooflines, or the tables of the devices that have one.
  public var kernelCosts = KernelCosts()

  /// Collects the parts; ``TrainingSimulation/init(_:)`` validates them.
  public init(
    model: Model, cluster: Cluster, job: TrainingJob, plan: ParallelPlan, options: ExecutionOptions = ExecutionOptions()
  ) {
    self.model = model
    self.cluster = cluster
    self.job = job
    self.plan = plan
    self.options = options
  }

  /// Ranks of one pipeline stage.
  var stageSize: Int { cluster.deviceCount / plan.pipelineParallel }

  /// Layers in all: the embedding, the blocks, the head.
  var layerCount: Int { model.blocks.count + 2 }

  /// A layer by number: 0 is the embedding, then the blocks, then the head.
  func layer(_ number: Int) -> Layer {
    switch number {
    case 0: model.embedding
    case layerCount - 1: model.head
    default: model.blocks[number - 1]
    }
  }

  /// The strategy of a layer by number.
  func strategy(_ number: Int) -> LayerStrategy {
    switch number {
    case 0: plan.embedding
    case layerCount - 1: plan.head
    default: plan.layers[number - 1]
    }
  }

  /// The share of a layer one rank computes of a micro-batch of `size` sequences over all ranks.
  func shard(_ number: Int, size: Int) -> LayerShard {
    let strategy = strategy(number)
    var shard = LayerShard(
      microBatch: size / strategy.dataParallel, format: job.format, attention: options.attention,
      dropout: options.dropout)
    shard.tensorParallel = strategy.tensorParallel
    shard.sequenceParallel = strategy.sequenceParallel
    shard.ulysses = strategy.ulysses
    shard.contextParallel = strategy.contextParallel
    shard.expertParallel = strategy.expertParallel
    return shard
  }

  /// Whether the gradients of a layer are reduced in every micro-batch.
  func reducesEveryMicroBatch(_ number: Int) -> Bool {
    switch options.gradientReduction {
    case .everyMicroBatch: true
    case .lastMicroBatch: false
    case .byZeroStage: strategy(number).zero >= .gradients
    }
  }
}
