import Quantities

/// What of the model states is sharded over the data-parallel group (Rajbhandari et al. 2020, arXiv 1910.02054).
public enum ZeroStage: Int, CaseIterable, Hashable, Comparable, Sendable {
  /// Nothing: plain data parallelism.
  case none = 0
  /// Optimizer states.
  case optimizer = 1
  /// Optimizer states and gradients.
  case gradients = 2
  /// Optimizer states, gradients and parameters (FSDP; Galvatron's SDP).
  case parameters = 3

  /// Orders by how much is sharded.
  public static func < (left: ZeroStage, right: ZeroStage) -> Bool { left.rawValue < right.rawValue }
}

/// What a layer throws away after its forward pass and computes again before its backward pass.
public enum RecomputePolicy: String, CaseIterable, Hashable, Sendable {
  /// Nothing.
  case none
  /// The attention core (Korthikanti et al. 2022, arXiv 2205.05198).
  case selective
  /// Everything but the layer's input (Chen et al. 2016, arXiv 1604.06174; Galvatron's CKPT).
  case full
}

/// How one layer is spread over the ranks of its pipeline stage.
///
/// Inside a stage the positions `0 ..< tp*ulysses*cp*dp` are cut into groups. With `isConsecutive` tensor-parallel (or
/// Ulysses) neighbours are adjacent positions, then context, then data parallelism; without it data parallelism is
/// innermost and tensor-parallel neighbours are `dp*cp` positions apart. Expert parallelism reuses the ranks of the
/// data and context dimensions.
public struct LayerStrategy: Hashable, Sendable {
  /// Tensor-parallel degree.
  public var tensorParallel = 1
  /// Ulysses degree; above one only with ``tensorParallel`` 1.
  public var ulysses = 1
  /// Context-parallel degree.
  public var contextParallel = 1
  /// Data-parallel degree: replicas of this layer inside its stage.
  public var dataParallel = 1
  /// Expert-parallel degree; divides `dataParallel * contextParallel`.
  public var expertParallel = 1
  /// Megatron sequence parallelism; only with ``tensorParallel`` above one.
  public var sequenceParallel = false
  /// Whether tensor-parallel neighbours are adjacent ranks.
  public var isConsecutive = true
  /// Sharding of model states over the data-parallel group.
  public var zero = ZeroStage.none
  /// Recomputation in the backward pass.
  public var recompute = RecomputePolicy.none

  /// One GPU, nothing sharded; set the degrees afterwards.
  public init() {}

  /// Ranks of the stage the layer occupies: the product of all degrees but the expert-parallel one.
  public var devices: Int { tensorParallel * ulysses * contextParallel * dataParallel }
}
