/// Which half of the training step a kernel belongs to, as far as its speed depends on it.
public enum KernelPass: String, CaseIterable, Hashable, Sendable {
  /// The forward pass.
  case forward
  /// The backward pass of anything but a product with weights.
  case backward
  /// The gradient of a product's input.
  case inputGradient = "dgrad"
  /// The gradient of a product's weights, accumulated in fp32.
  case weightGradient = "wgrad"
}

/// What a kernel that is bound by memory does; raw values are the words of kernel tables.
public enum MemoryOperator: String, CaseIterable, Hashable, Sendable {
  case layerNorm = "layer_norm"
  case rmsNorm = "rms_norm"
  case softmax
  case gelu
  case swiglu
  case rotary
  case dropoutAdd = "dropout_add"
  case embeddingGather = "embedding_gather"
  case embeddingScatter = "embedding_scatter"
  case crossEntropy = "cross_entropy"
  case adam
  case gradientNorm = "grad_norm"
  case cast
  case permute
  case add
  /// Anything else: fills, masks, copies into windows.
  case other
}

/// The shape of one kernel that is bound by memory.
public struct MemoryShape: Hashable, Sendable {
  /// What it does.
  public let operation: MemoryOperator
  /// Elements of a row where rows are reduced (norms, softmax, cross-entropy); 0 where rows do not matter.
  public let width: Int

  /// Describes a kernel.
  public init(_ operation: MemoryOperator, width: Int = 0) {
    self.operation = operation
    self.width = width
  }
}
