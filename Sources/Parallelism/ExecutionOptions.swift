import Quantities
import Workload

/// When the gradients of a layer are reduced over its data-parallel group.
public enum GradientReduction: String, CaseIterable, Hashable, Sendable {
  /// Once, in the last micro-batch's backward pass; gradients stay whole until then.
  case lastMicroBatch = "last_micro_batch"
  /// In every micro-batch's backward pass; sharded gradients stay sharded.
  case everyMicroBatch = "every_micro_batch"
  /// Every micro-batch for ZeRO-2 and ZeRO-3, the last one for plain DP and ZeRO-1, as DeepSpeed and FSDP do.
  case byZeroStage = "by_zero_stage"
}

/// How the training framework runs a plan; the same plan runs differently under different options.
public struct ExecutionOptions: Hashable, Sendable {
  /// Attention kernels.
  public var attention = AttentionImplementation.flash
  /// Whether dropout layers run.
  public var dropout = false
  /// Bytes of gradients per data-parallel reduction.
  public var gradientBucket = Bytes.mebibytes(100)
  /// Whether gradient reductions run beside the backward pass or after it.
  public var overlapGradientReduction = true
  /// Reductions of gradients that the reduction frees (ZeRO-2, ZeRO-3) that may be under way while the backward pass
  /// makes the next gradients; at least 1. Each holds whole gradients.
  public var pendingReductions = 1
  /// When gradients are reduced.
  public var gradientReduction = GradientReduction.byZeroStage
  /// Layers whose parameters are gathered ahead of the compute (ZeRO-3); at least 1.
  public var prefetchLayers = 1
  /// Whether ZeRO-3 frees a layer's parameters after the forward pass and gathers them again for the backward pass.
  public var reshardAfterForward = true
  /// Whether stage-to-stage sends run beside the compute; without it the next step waits for them.
  public var overlapPipelineSends = true
  /// Whether the tensor-parallel collective of an input gradient runs beside the weight gradient's kernels.
  public var overlapTensorBackward = true
  /// Whether gradients are clipped by their global norm.
  public var clipsGradients = true
  /// Whether kernels and collectives that run at the same time slow each other down.
  public var modelsInterference = true
  /// Whether updated parameters (ZeRO-1, ZeRO-2) are gathered layer by layer beside the next forward pass, not at the end.
  public var overlapParameterGather = false
  /// What the training framework adds: the processor's time, kernels that are not fused, passes of the optimizer.
  public var framework = FrameworkProfile.none
  /// Lower limit of device memory than the GPU's own, for what-if questions.
  public var memoryLimit: Bytes?
  /// Memory of communication-library buffers, per rank.
  public var communicationBuffers = Bytes.mebibytes(0)
  /// How the framework's allocator keeps memory.
  public var allocator = AllocatorRules()

  /// The defaults of a present-day framework; set what differs.
  public init() {}
}
