extension GalvatronPlan {
  /// Writes a plan in Galvatron's fields, all of them but `vocab_sdp` and, without context parallelism, its degrees.
  ///
  /// Megatron's sequence parallelism is dropped: Galvatron keeps it in its launch options.
  ///
  /// - Parameters:
  ///   - plan: A valid plan.
  ///   - globalBatch: Sequences of the iteration, over all replicas.
  /// - Throws: ``GalvatronPlanError/notExpressible(path:what:)`` for the first thing the fields have no place for.
  public init(plan: ParallelPlan, globalBatch: Int) throws(GalvatronPlanError) {
    try Self.checkPipeline(plan)
    let strategies = plan.layers.enumerated().map { ("layers[\($0)]", $1) } + [("embedding", plan.embedding)]
    for (path, strategy) in strategies { try Self.check(strategy, path) }
    let plain = try Self.plainZeroStage(strategies)
    self.init(
      pipelineDegree: plan.pipelineParallel, tensorSizes: plan.layers.map(\.splitDegree),
      consecutiveFlags: plan.layers.map { $0.isConsecutive ? 1 : 0 },
      dataParallelTypes: plan.layers.map { $0.zero == .parameters ? 1 : 0 }, globalBatch: globalBatch,
      chunks: plan.microBatches)
    stageLayers = plan.layersPerStage
    ulyssesFlags = plan.layers.map { $0.ulysses > 1 ? 1 : 0 }
    checkpointFlags = plan.layers.map { $0.recompute == .full ? 1 : 0 }
    pipelineType = plan.schedule == .named("gpipe") ? "gpipe" : "pipedream_flush"
    defaultDataParallel = plain == .none ? "ddp" : "zero2"
    vocabularyTensorSize = plan.embedding.splitDegree
    vocabularyUlyssesFlag = plan.embedding.ulysses > 1 ? 1 : 0
    embeddingSharded = plan.embedding.zero == .parameters ? 1 : 0
    worldSize = plan.pipelineParallel * plan.embedding.devices
    if strategies.contains(where: { $0.1.contextParallel > 1 }) {
      contextSizes = plan.layers.map(\.contextParallel)
      vocabularyContextSize = plan.embedding.contextParallel
    }
  }

  private static func checkPipeline(_ plan: ParallelPlan) throws(GalvatronPlanError) {
    if plan.virtualStages > 1 { throw .notExpressible(path: "vpp", what: "virtual stages") }
    if plan.schedule != .named("gpipe"), plan.schedule != .named("1f1b") {
      throw .notExpressible(path: "schedule", what: "the schedule \(plan.schedule.text)")
    }
    if plan.embedding != plan.head {
      throw .notExpressible(path: "head", what: "a head with another strategy than the embedding's")
    }
    if plan.embedding.recompute != .none {
      throw .notExpressible(path: "embedding", what: "recomputation of the embedding or the head")
    }
    if !plan.embedding.isConsecutive {
      throw .notExpressible(path: "embedding", what: "a strided embedding or head")
    }
    let stageSize = plan.embedding.devices
    if let stride = plan.rankOrder.pipelineStride, stride != stageSize {
      throw .notExpressible(path: "rank_order.stride", what: "a pipeline that is not the outermost dimension")
    }
  }

  private static func check(_ strategy: LayerStrategy, _ path: String) throws(GalvatronPlanError) {
    if strategy.recompute == .selective { throw .notExpressible(path: path, what: "selective recomputation") }
    if strategy.zero == .optimizer { throw .notExpressible(path: path, what: "ZeRO-1") }
    if strategy.expertParallel > 1 { throw .notExpressible(path: path, what: "expert parallelism") }
    if strategy.tensorParallel > 1 && strategy.ulysses > 1 {
      throw .notExpressible(path: path, what: "Ulysses beside tensor parallelism")
    }
  }

  /// What data-parallel type 0 has to mean; ZeRO-2, Galvatron's default, when every layer is fully sharded.
  private static func plainZeroStage(_ strategies: [(String, LayerStrategy)]) throws(GalvatronPlanError) -> ZeroStage {
    var plain: ZeroStage?
    for (path, strategy) in strategies where strategy.zero != .parameters {
      if let plain, plain != strategy.zero {
        throw .notExpressible(path: path, what: "plain data parallelism beside ZeRO-2")
      }
      plain = strategy.zero
    }
    return plain ?? .gradients
  }
}

extension LayerStrategy {
  /// The degree Galvatron calls the tensor size: tensor-parallel or Ulysses.
  fileprivate var splitDegree: Int { max(tensorParallel, ulysses) }
}
