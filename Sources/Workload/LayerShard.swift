import Quantities

/// How attention scores are computed.
public enum AttentionImplementation: String, CaseIterable, Hashable, Sendable {
  /// One fused kernel that never stores the scores (FlashAttention, Dao et al. 2022).
  case flash
  /// Separate kernels; the `s x s` scores live in memory.
  case unfused
}

/// The share of a layer that one rank computes, and the numbers it computes with.
///
/// Degrees are validated against the model before a shard is made: each divides what it splits.
public struct LayerShard: Hashable, Sendable {
  /// Sequences (or images) of this rank's micro-batch.
  public var microBatch: Int
  /// Tensor-parallel degree.
  public var tensorParallel = 1
  /// Megatron sequence parallelism: norms, dropout and residuals split over the tensor-parallel group.
  public var sequenceParallel = false
  /// Ulysses degree; excludes tensor parallelism above one.
  public var ulysses = 1
  /// Context-parallel degree.
  public var contextParallel = 1
  /// Expert-parallel degree.
  public var expertParallel = 1
  /// Storage and arithmetic of activations and weights.
  public var format: NumberFormat
  /// Attention kernels.
  public var attention: AttentionImplementation
  /// Whether dropout layers run (and keep their masks, one byte an element).
  public var dropout: Bool

  /// An unsharded layer; set the degrees afterwards.
  public init(microBatch: Int, format: NumberFormat, attention: AttentionImplementation = .flash, dropout: Bool = false)
  {
    self.microBatch = microBatch
    self.format = format
    self.attention = attention
    self.dropout = dropout
  }
}
