import Parallelism

/// Which plans a search looks at, and how it splits the layers over stages.
public enum SearchMethod: String, CaseIterable, Hashable, Sendable {
  /// Everything, with partitions between the memory-balanced and the time-balanced one, and beyond them the optimal one.
  case bmw
  /// Everything with even partitions (Galvatron-Base).
  case base
  /// Everything but recomputation, with even partitions (Galvatron, PVLDB 2022).
  case galvatron
  /// Everything with the memory-balanced partition of 1F1B.
  case memoryBalanced = "memory-balanced"
  /// Everything with the time-balanced partition of 1F1B.
  case timeBalanced = "time-balanced"
  /// Data parallelism alone.
  case data = "dp"
  /// Sharded data parallelism alone.
  case sharded = "sdp"
  /// Tensor parallelism alone.
  case tensor = "tp"
  /// Pipeline parallelism alone.
  case pipeline = "pp"
  /// The fixed mixture of two stages, tensor-parallel pairs and replicas.
  case threeDimensional = "3d"
  /// Data and tensor parallelism, layer by layer.
  case dataTensor = "dp+tp"
  /// Data and pipeline parallelism.
  case dataPipeline = "dp+pp"

  /// The part of a space the method may use.
  public func restrict(_ space: StrategySpace, devices: Int) -> StrategySpace {
    StrategySpace(
      stages: space.stages.compactMap { stage in
        let strategies = stage.strategies.filter { allows($0, pipeline: stage.pipeline, devices: devices) }
        return strategies.isEmpty ? nil : StrategySpace.Stage(pipeline: stage.pipeline, strategies: strategies)
      })
  }

  /// Methods with one strategy for all layers.
  static let pure: [SearchMethod] = [.data, .sharded, .tensor, .pipeline, .threeDimensional]

  /// Whether the method may use a strategy.
  func allows(_ strategy: LayerStrategy, pipeline: Int, devices: Int) -> Bool {
    let isPlain = strategy.zero != .parameters && strategy.recompute == .none && strategy.hasNoSequenceSplit
    switch self {
    case .bmw, .base, .memoryBalanced, .timeBalanced: return true
    case .galvatron: return strategy.recompute == .none
    case .data: return pipeline == 1 && strategy.dataParallel == devices && isPlain
    case .sharded:
      return pipeline == 1 && strategy.dataParallel == devices && strategy.zero == .parameters
        && strategy.recompute == .none
    case .tensor: return pipeline == 1 && strategy.tensorParallel == devices && isPlain
    case .pipeline: return pipeline == devices && isPlain
    case .threeDimensional:
      return pipeline == 2 && strategy.tensorParallel == 2 && strategy.dataParallel == devices / 4
        && (strategy.isConsecutive || strategy.dataParallel == 1) && isPlain
    case .dataTensor: return pipeline == 1 && isPlain
    case .dataPipeline: return strategy.dataParallel == devices / pipeline && isPlain
    }
  }
}

extension LayerStrategy {
  /// Whether neither Ulysses nor context parallelism splits the sequence.
  fileprivate var hasNoSequenceSplit: Bool { ulysses == 1 && contextParallel == 1 }
}
