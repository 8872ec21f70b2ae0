import Costing
import Parallelism

extension GalvatronPlan {
  /// A plan of the VLDB search in the fields its code writes.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - costs: The cost model it was found with; knows the micro-batches.
  public init(_ plan: VLDBPlan, costs: VLDBCostModel) {
    let layers = plan.stages.flatMap { $0 }
    let chunks = layers.map { strategy in
      let given = VLDBCostModel.Case(strategy: strategy, pipeline: plan.pipeline, globalBatch: plan.globalBatch)
      return Int(costs.microBatches(localBatch: Double(plan.globalBatch / strategy.dataParallel), given))
    }
    self.init(
      pipelineDegree: plan.pipeline, tensorSizes: layers.map(\.tensorParallel),
      consecutiveFlags: layers.map { $0.isConsecutive ? 1 : 0 },
      dataParallelTypes: layers.map { $0.zero == .parameters ? 1 : 0 }, globalBatch: plan.globalBatch,
      chunks: plan.pipeline > 1 ? chunks.max() ?? 1 : 1)
    if costs.model.layers.count > 1 || Set(plan.stages.map(\.count)).count > 1 {
      stageLayers = plan.stages.map(\.count)
    }
  }

  /// A plan of Galvatron's search in the fields it writes.
  public init(_ plan: GalvatronSearchPlan, training: GalvatronTraining) {
    self.init(
      pipelineDegree: plan.division.count, tensorSizes: plan.layers.map { max($0.tensorParallel, $0.ulysses) },
      consecutiveFlags: plan.layers.map { _ in 1 },
      dataParallelTypes: plan.layers.map { $0.zero == .parameters ? 1 : 0 }, globalBatch: plan.globalBatch,
      chunks: plan.microBatches)
    ulyssesFlags = plan.layers.map { $0.ulysses > 1 ? 1 : 0 }
    checkpointFlags = plan.layers.map { $0.recompute == .full ? 1 : 0 }
    stageLayers = plan.division
    pipelineType = training.isGPipe ? "gpipe" : "pipedream_flush"
    defaultDataParallel = "zero2"
    vocabularyTensorSize = max(plan.edge.tensorParallel, plan.edge.ulysses)
    vocabularyUlyssesFlag = plan.edge.ulysses > 1 ? 1 : 0
    embeddingSharded = plan.edge.zero == .parameters ? 1 : 0
  }
}

extension LayerStrategy {
  /// Galvatron's short form, for example `1-2*-4f-c`: stages, tensor (or Ulysses) degree, replicas; `*` after the degree
  /// of neighbours, `f` sharded, `c` recomputed, `sp` Ulysses.
  public func galvatronText(pipeline: Int) -> String {
    let split = max(tensorParallel, ulysses)
    let isPlaced = tensorParallel > 1 && dataParallel > 1
    let marks = (zero == .parameters ? "f" : "") + (isPlaced && !isConsecutive ? "*" : "")
    return "\(pipeline)-\(split)\((isPlaced || ulysses > 1) && isConsecutive ? "*" : "")-\(dataParallel)\(marks)"
      + (recompute == .full ? "-c" : "") + (ulysses > 1 ? "-sp" : "")
  }
}
