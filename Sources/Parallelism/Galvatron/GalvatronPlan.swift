/// A plan in the fields of Galvatron's plan files (`galvatron_config_*.json`), old and new.
///
/// The files of the VLDB release hold only the first six fields, some also the stages; the others came later
/// (Hsword/Hetu@3757771; PKU-DAIR/Hetu-Galvatron@cea12ff). A field that a file leaves out is `nil`, so a file is written
/// as it was read.
public struct GalvatronPlan: Hashable, Sendable {
  /// `pp_deg`: pipeline degree.
  public var pipelineDegree: Int
  /// `tp_sizes_enc`: tensor-parallel (or Ulysses) degree of each layer; shape `[layers]`.
  public var tensorSizes: [Int]
  /// `tp_consecutive_flags`: 1 where tensor-parallel neighbours are adjacent ranks.
  public var consecutiveFlags: [Int]
  /// `dp_types_enc`: 1 where the layer is fully sharded (ZeRO-3), 0 for ``defaultDataParallel``.
  public var dataParallelTypes: [Int]
  /// `global_bsz`: sequences of one iteration.
  public var globalBatch: Int
  /// `chunks`: micro-batches.
  public var chunks: Int
  /// `pp_division`: layers of each stage; evenly split when left out.
  public var stageLayers: [Int]?
  /// `use_sp`: 1 where the tensor size is an Ulysses degree.
  public var ulyssesFlags: [Int]?
  /// `cp_sizes_enc`: context-parallel degrees.
  public var contextSizes: [Int]?
  /// `checkpoint`: 1 where the layer is recomputed in the backward pass.
  public var checkpointFlags: [Int]?
  /// `pipeline_type`: `gpipe` or `pipedream_flush`; `gpipe` when left out.
  public var pipelineType: String?
  /// `default_dp_type`: `ddp`, `zero2` or `zero3`; `ddp` when left out.
  public var defaultDataParallel: String?
  /// `vtp`: tensor-parallel (or Ulysses) degree of the embedding and the head; 1 when left out.
  public var vocabularyTensorSize: Int?
  /// `vsp`: 1 when ``vocabularyTensorSize`` is an Ulysses degree.
  public var vocabularyUlyssesFlag: Int?
  /// `vcp`: context-parallel degree of the embedding and the head.
  public var vocabularyContextSize: Int?
  /// `embed_sdp`: 1 when the embedding and the head are fully sharded (the name the search writes).
  public var embeddingSharded: Int?
  /// `vocab_sdp`: the same under the name the runtime reads.
  public var vocabularySharded: Int?
  /// `world_size`: devices.
  public var worldSize: Int?

  /// The fields every file has; set the others afterwards.
  public init(
    pipelineDegree: Int, tensorSizes: [Int], consecutiveFlags: [Int], dataParallelTypes: [Int], globalBatch: Int,
    chunks: Int
  ) {
    self.pipelineDegree = pipelineDegree
    self.tensorSizes = tensorSizes
    self.consecutiveFlags = consecutiveFlags
    self.dataParallelTypes = dataParallelTypes
    self.globalBatch = globalBatch
    self.chunks = chunks
  }
}
