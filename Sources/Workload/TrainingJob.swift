import Quantities

/// The rule that updates the weights, as far as memory and traffic depend on it.
public enum Optimizer: String, CaseIterable, Hashable, Sendable {
  /// Adam or AdamW: two moments in fp32.
  case adam
  /// Stochastic gradient descent with momentum: one moment in fp32.
  case momentum
  /// Plain stochastic gradient descent.
  case sgd

  /// fp32 state tensors of the size of the parameters, master weights not counted.
  public var moments: Int {
    switch self {
    case .adam: 2
    case .momentum: 1
    case .sgd: 0
    }
  }
}

/// What one iteration trains on and with which numbers, whatever the plan.
public struct TrainingJob: Hashable, Sendable {
  /// Sequences (or images) of one iteration, over all replicas.
  public var globalBatch: Int
  /// Tokens of one sequence; for vision models the model's own number of patches.
  public var sequenceLength: Int
  /// Storage and arithmetic of weights and activations.
  public var format: NumberFormat
  /// Storage of accumulated gradients.
  public var gradientFormat: NumberFormat
  /// The update rule.
  public var optimizer: Optimizer

  /// Collects the parts; nothing is checked here.
  public init(
    globalBatch: Int, sequenceLength: Int, format: NumberFormat, gradientFormat: NumberFormat, optimizer: Optimizer
  ) {
    self.globalBatch = globalBatch
    self.sequenceLength = sequenceLength
    self.format = format
    self.gradientFormat = gradientFormat
    self.optimizer = optimizer
  }

  /// Whether fp32 master weights are kept beside lower-precision ones (Micikevicius et al. 2018, arXiv 1710.03740).
  public var keepsMasterWeights: Bool { format.bytesPerElement < 4 }

  /// Bytes of optimizer state per parameter, master weights included, before sharding.
  public var optimizerBytesPerParameter: Int64 { Int64(4 * optimizer.moments + (keepsMasterWeights ? 4 : 0)) }

  /// Bytes a stored parameter takes in the forward pass; fp8 training keeps bf16 copies.
  public var parameterBytes: Int64 { format == .fp8 ? 2 : format.bytesPerElement }
}
