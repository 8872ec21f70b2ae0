import Quantities

/// What a training framework adds to the kernels a plan needs: time of the processor that launches them, kernels it does
/// not fuse, passes over memory of its optimizer.
public struct FrameworkProfile: Hashable, Sendable {
  /// Catalogue name, for example `megatron-lm`; empty for none.
  public var name = ""
  /// What the processor takes.
  public var host = HostCosts()
  /// Traffic of norms over that of fused kernels.
  public var norm = 1.0
  /// Traffic of activations, residuals, rotations and the like over that of fused kernels.
  public var elementwise = 1.0
  /// Time of fused attention over that of FlashAttention-2.
  public var attention = 1.0
  /// Traffic of the softmax and dropout of attention that is not fused, over one pass each.
  public var softmax = 1.0
  /// Traffic of the loss over the vocabulary over that of a fused kernel.
  public var crossEntropy = 1.0
  /// Bytes per element that casting the operands of an fp8 product to it takes, scales included.
  public var cast = 0.0
  /// Bytes per parameter that adding a micro-batch's gradients to the accumulated ones takes in passes of its own; 0
  /// where the product of the weight gradient adds them.
  public var accumulation = 0.0
  /// Bytes per updated parameter that the update takes beyond one pass over its states: casts, unscaling, clipping.
  public var update = 0.0
  /// Whether the tensor-parallel collective of an input gradient runs beside the weight gradient's kernels.
  public var overlapsTensorBackward = true
  /// Whether stage-to-stage sends run beside the compute.
  public var overlapsPipelineSends = true
  /// Whether gradient reductions run beside the backward pass.
  public var overlapsGradientReduction = true
  /// How many of the numbers were fitted to measured runs.
  public var fittedConstants = 0
  /// Where the numbers come from.
  public var source = ""

  /// Nothing is added.
  public static let none = FrameworkProfile()

  /// Adds nothing; set what a framework adds.
  public init() {}
}

/// Time of the processor, in the one thread that launches the kernels of a GPU.
public struct HostCosts: Hashable, Sendable {
  /// One kernel: interpreter, dispatch, autograd, launch.
  public var kernel = Seconds.zero
  /// One collective.
  public var collective = Seconds.zero
  /// What a tensor-parallel collective takes beyond that for each rank of its group, where messages between nodes are
  /// pending beside it in the only hardware queue.
  public var crowdedCollective = Seconds.zero
  /// One message between stages.
  public var message = Seconds.zero
  /// One forward or backward pass of a micro-batch through a stage.
  public var step = Seconds.zero
  /// One iteration: data loading, logging, scaling, the loop.
  public var iteration = Seconds.zero
  /// When the processor waits for the GPU around messages between stages.
  public var messageWait = MessageWait.never

  /// When the processor waits for messages.
  public enum MessageWait: String, Hashable, Sendable {
    /// It never does.
    case never
    /// Where the schedule is not interleaved: interleaved ones overlap messages with other chunks.
    case plainSchedules
    /// Around every message.
    case always
  }

  /// Takes no time.
  public init() {}

  /// Whether launching takes any time.
  public var isFree: Bool { self == HostCosts() }
}

extension ExecutionOptions {
  /// Runs a plan as a framework does: its profile, and what it overlaps.
  public mutating func adopt(_ profile: FrameworkProfile) {
    framework = profile
    overlapTensorBackward = profile.overlapsTensorBackward
    overlapPipelineSends = profile.overlapsPipelineSends
    overlapGradientReduction = profile.overlapsGradientReduction
  }
}
