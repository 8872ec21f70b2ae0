import Quantities

/// Which pipeline schedule orders the micro-batches of a stage.
public enum ScheduleChoice: Hashable, Sendable {
  /// A schedule of the registry, by its catalogue name (`gpipe`, `1f1b`, `interleaved-1f1b`).
  case named(String)
  /// A schedule read from a file: one list of actions per pipeline rank.
  case custom(CustomSchedule)
}

/// Where the pipeline dimension lies in the numbering of ranks.
///
/// Ranks of a stage are numbered by position. `pipelineStride` consecutive positions stay together, then the same block
/// of the next stage follows. A stride equal to the stage size puts the pipeline outermost (Megatron's default
/// `tp-cp-ep-dp-pp`); a stride equal to `tp*cp` gives `tp-cp-pp-dp`.
public struct RankOrder: Hashable, Sendable {
  /// Consecutive positions of one stage before the next stage's begin; divides the stage size. `nil`: the stage size.
  public var pipelineStride: Int?

  /// The pipeline outermost.
  public static let pipelineOutermost = RankOrder(pipelineStride: nil)

  /// Chooses the stride.
  public init(pipelineStride: Int?) { self.pipelineStride = pipelineStride }

  /// The global rank at `position` of `stage`.
  public func rank(stage: Int, position: Int, stages: Int, stageSize: Int) -> Int {
    let stride = pipelineStride ?? stageSize
    return position % stride + stride * (stage + stages * (position / stride))
  }

  /// The inverse of ``rank(stage:position:stages:stageSize:)``.
  public func location(ofRank rank: Int, stages: Int, stageSize: Int) -> (stage: Int, position: Int) {
    let stride = pipelineStride ?? stageSize
    let block = rank / stride
    return (stage: block % stages, position: rank % stride + stride * (block / stages))
  }
}

/// A hybrid-parallel plan: who computes what, and in which order.
///
/// Validated by ``violations(model:job:devices:)`` before anything is priced.
public struct ParallelPlan: Hashable, Sendable {
  /// Pipeline degree: ranks a micro-batch passes through.
  public var pipelineParallel: Int
  /// Virtual stages (model chunks) of each pipeline rank; 1 without interleaving.
  public var virtualStages: Int
  /// Blocks of each virtual stage in execution order, embedding and head not counted; shape `[pp * vpp]`.
  /// Virtual stage `v` runs on the rank that the schedule's placement gives it: `v % pp`, but for custom schedules.
  /// Zeros are allowed (a stage with only the embedding or the head).
  public var layersPerStage: [Int]
  /// One strategy per block of the model; shape `[layers]`.
  public var layers: [LayerStrategy]
  /// The embedding's strategy (first virtual stage).
  public var embedding: LayerStrategy
  /// The head's strategy (last virtual stage).
  public var head: LayerStrategy
  /// Micro-batches of one iteration.
  public var microBatches: Int
  /// Order of the micro-batches.
  public var schedule: ScheduleChoice
  /// Numbering of ranks.
  public var rankOrder: RankOrder

  /// Collects the parts; nothing is checked here.
  public init(
    pipelineParallel: Int, virtualStages: Int, layersPerStage: [Int], layers: [LayerStrategy],
    embedding: LayerStrategy, head: LayerStrategy, microBatches: Int, schedule: ScheduleChoice,
    rankOrder: RankOrder = .pipelineOutermost
  ) {
    self.pipelineParallel = pipelineParallel
    self.virtualStages = virtualStages
    self.layersPerStage = layersPerStage
    self.layers = layers
    self.embedding = embedding
    self.head = head
    self.microBatches = microBatches
    self.schedule = schedule
    self.rankOrder = rankOrder
  }
}
