import Parallelism

extension VLDBCostModel {
  /// MB of a layer on one rank: fp32 parameter, gradient and two moments, and the activations of the whole local batch.
  public func memory(_ layer: VLDBLayerProfile, _ given: Case) -> Double {
    let width = Double(given.strategy.tensorParallel)
    var states = 4 * (layer.parameters / width)
    if given.strategy.zero == .parameters {
      states *= 1 / Double(given.strategy.dataParallel) + (isSmallEdition ? 0.025 : 0.003)
    }
    return states + (layer.activations[given.strategy.tensorParallel] ?? .infinity) * given.localBatch
  }

  /// MB of embedding, head and framework by stage, under the strategy the code takes for it: the first of its list.
  ///
  /// The 8-GPU edition has one figure; a model of several kinds of layers pays it on the first stage only, and the other
  /// stages pay nothing, not even for the context.
  public func edgeMemory(_ given: Case) -> [Double] {
    let samples = given.localBatch / Double(given.strategy.tensorParallel)
    guard !isSmallEdition else {
      let first = model.edge.states + model.edge.activation * samples + Self.contextMemory
      return [first] + [Double](repeating: model.layers.count == 1 ? first : 0, count: given.pipeline - 1)
    }
    var memory = [Double](repeating: 0, count: given.pipeline)
    if given.pipeline == 1 {
      memory[0] = model.edge.states + model.edge.activation * samples
    } else {
      memory[0] = edge(model.first, samples, given, isShared: model.family == .bert || model.family == .t5)
      memory[given.pipeline - 1] += edge(model.last, samples, given, isShared: model.family == .swin)
    }
    return memory.map { $0 + Self.contextMemory }
  }

  /// An edge stage of the 16-GPU edition: activations of one stage's share, or of all with a lower peak when the batch is
  /// cut.
  private func edge(_ edge: VLDBEdgeMemory, _ samples: Double, _ given: Case, isShared: Bool) -> Double {
    if isShared { return edge.states + edge.activation * (samples / Double(given.pipeline)) }
    let local = given.globalBatch / given.strategy.dataParallel
    let most = Double(given.globalBatch / (given.strategy.dataParallel * given.strategy.tensorParallel))
    let chunks = min(microBatches(localBatch: Double(local), given), most)
    return edge.states + edge.activation * samples - model.peakReduction * samples * (1 - 1 / chunks)
  }

  /// Micro-batches of the hand-written tables; a real number for BERT on 8 GPUs.
  ///
  /// - Parameters:
  ///   - localBatch: Samples of a rank.
  ///   - given: The strategy and its pipeline.
  public func microBatches(localBatch: Double, _ given: Case) -> Double {
    let (width, stages) = (given.strategy.tensorParallel, given.pipeline)
    guard isSmallEdition else {
      let rest = (localBatch / Double(width)).rounded(.down)
      switch model.family {
      case .bert, .t5: return max(1, (rest / 4).rounded(.up))
      case .vit, .swin: return max(1, (rest / (stages <= 8 ? 16 : 32)).rounded(.up))
      }
    }
    switch model.family {
    case .bert:
      if stages == 1 { return 1 }
      if width > 1, given.strategy.dataParallel == 1 { return localBatch / 4 }
      return localBatch < 6 ? localBatch / 2 : localBatch / 8 + 2
    case .vit: return localBatch == 8 ? 1 : 2
    case .t5: return localBatch == 2 ? 1 : (stages == 8 ? 3 : 2)
    case .swin: return localBatch <= 8 ? 1 : (localBatch < 32 ? 2 : (localBatch <= 96 ? 3 : 4))
    }
  }
}
