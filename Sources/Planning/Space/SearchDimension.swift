/// What a search may vary.
public enum SearchDimension: String, CaseIterable, Hashable, Sendable {
  /// Pipeline stages.
  case pipeline = "pp"
  /// Data parallelism.
  case data = "dp"
  /// Sharded optimizer states.
  case zero1
  /// Sharded optimizer states and gradients.
  case zero2
  /// Sharded optimizer states, gradients and parameters (ZeRO-3).
  case sharded = "sdp"
  /// Tensor parallelism.
  case tensor = "tp"
  /// Megatron's sequence parallelism, with tensor parallelism.
  case sequence = "sp"
  /// DeepSpeed-Ulysses.
  case ulysses
  /// Context parallelism.
  case context = "cp"
  /// Expert parallelism.
  case expert = "ep"
  /// Recomputation of whole layers.
  case checkpoint = "ckpt"
  /// Recomputation of the attention core.
  case selective = "sel"
}

/// What a search may vary, and how.
public struct SpaceOptions: Hashable, Sendable {
  /// The dimensions, without repetition.
  public var dimensions: [SearchDimension]
  /// Which degrees.
  public var degrees = TreeDegrees.powersOfTwo
  /// Whether ``SpaceRule/all`` takes leaves out. Without them the leaves that no strategy expresses are listed, not searched.
  public var prunes = true
  /// Whether layers may place their replicas innermost.
  public var allowsStrided = true

  /// Collects the dimensions.
  public init(dimensions: [SearchDimension]) { self.dimensions = dimensions }

  /// Whether a dimension varies.
  public func varies(_ dimension: SearchDimension) -> Bool { dimensions.contains(dimension) }
}
