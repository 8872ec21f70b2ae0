/// The groups of ranks that the positions of a pipeline stage are cut into.
public enum GroupDimension: String, CaseIterable, Hashable, Sendable {
  /// Ranks that split a layer's matrices.
  case tensor
  /// Ranks that trade sequence shards for head shards (Jacobs et al. 2023, arXiv 2309.14509).
  case ulysses
  /// Ranks that split the sequence in attention.
  case context
  /// Replicas that work on different sequences.
  case data
  /// Ranks that hold the same weights: data, context and Ulysses together.
  ///
  /// Gradients are reduced over it, and ZeRO shards model states over it.
  case sharding
  /// Ranks that hold different experts.
  case expert
  /// Ranks that hold the same experts: what ``sharding`` is for expert parameters.
  case expertData

  /// Ranks in each group of a layer.
  public func size(in strategy: LayerStrategy) -> Int {
    let sharding = strategy.dataParallel * strategy.contextParallel * strategy.ulysses
    return switch self {
    case .tensor: strategy.tensorParallel
    case .ulysses: strategy.ulysses
    case .context: strategy.contextParallel
    case .data: strategy.dataParallel
    case .sharding: sharding
    case .expert: strategy.expertParallel
    case .expertData: sharding / strategy.expertParallel
    }
  }
}
