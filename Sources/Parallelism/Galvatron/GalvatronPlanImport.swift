extension ParallelPlan {
  /// Turns a Galvatron plan into a plan for `devices` devices.
  ///
  /// The data-parallel degree of a layer is what the other degrees leave of its stage. Fields that are left out mean
  /// what they meant before they existed: GPipe, plain data parallelism, no Ulysses, context parallelism or
  /// recomputation, an embedding and a head of tensor-parallel degree 1, layers split evenly with the remainder on the
  /// last stage. Galvatron recomputes a whole layer or nothing.
  ///
  /// - Parameters:
  ///   - galvatron: The fields of the file. Its global batch belongs to the training job.
  ///   - devices: Devices of the cluster.
  ///   - sequenceParallel: Whether tensor-parallel layers run with Megatron's sequence parallelism; Galvatron keeps that
  ///     in its launch options, not in the plan.
  /// - Throws: ``GalvatronPlanError`` for the first field that does not fit.
  public init(
    galvatron: GalvatronPlan, devices: Int, sequenceParallel: Bool = false
  ) throws(GalvatronPlanError) {
    try galvatron.checkLengths()
    let ranks = galvatron.pipelineDegree
    if let worldSize = galvatron.worldSize, worldSize != devices {
      throw .devices(found: worldSize, expected: devices)
    }
    guard ranks >= 1, devices >= 1, devices % ranks == 0 else {
      throw .badValue(key: "pp_deg", found: String(ranks), expected: "a divisor of \(devices)")
    }
    let stage = GalvatronStage(
      size: devices / ranks, sequenceParallel: sequenceParallel, plain: try galvatron.plainZeroStage())
    let schedule = try galvatron.scheduleName()
    var layers: [LayerStrategy] = []
    for index in galvatron.tensorSizes.indices { layers.append(try galvatron.strategy(ofLayer: index, stage)) }
    let ends = try galvatron.strategyOfEnds(stage)
    self.init(
      pipelineParallel: ranks, virtualStages: 1, layersPerStage: galvatron.stageLayers ?? galvatron.evenStages,
      layers: layers, embedding: ends, head: ends, microBatches: galvatron.chunks, schedule: .named(schedule))
  }
}

/// What all layers of an imported plan have in common.
private struct GalvatronStage {
  /// Devices of a stage.
  let size: Int
  /// Whether tensor-parallel layers are sequence-parallel too.
  let sequenceParallel: Bool
  /// What data-parallel type 0 means.
  let plain: ZeroStage
}

extension GalvatronPlan {
  /// Layers split evenly, the remainder on the last stage.
  fileprivate var evenStages: [Int] {
    let share = tensorSizes.count / pipelineDegree
    let last = tensorSizes.count - share * (pipelineDegree - 1)
    return [Int](repeating: share, count: pipelineDegree - 1) + [last]
  }

  fileprivate func scheduleName() throws(GalvatronPlanError) -> String {
    switch pipelineType {
    case nil, "gpipe": return "gpipe"
    case "pipedream_flush": return "1f1b"
    case .some(let other):
      throw .badValue(key: "pipeline_type", found: other, expected: "gpipe or pipedream_flush")
    }
  }

  fileprivate func plainZeroStage() throws(GalvatronPlanError) -> ZeroStage {
    switch defaultDataParallel {
    case nil, "ddp": return .none
    case "zero2": return .gradients
    case "zero3": return .parameters
    case .some(let other): throw .badValue(key: "default_dp_type", found: other, expected: "ddp, zero2 or zero3")
    }
  }

  fileprivate func strategy(ofLayer index: Int, _ stage: GalvatronStage) throws(GalvatronPlanError) -> LayerStrategy {
    var strategy = try Self.strategy(
      path: "layer \(index)", degree: tensorSizes[index], isUlysses: ulyssesFlags?[index] == 1,
      context: contextSizes?[index] ?? 1, stage)
    strategy.isConsecutive = consecutiveFlags[index] == 1
    strategy.zero = dataParallelTypes[index] == 1 ? .parameters : stage.plain
    strategy.recompute = checkpointFlags?[index] == 1 ? .full : .none
    return strategy
  }

  /// The embedding's and the head's.
  fileprivate func strategyOfEnds(_ stage: GalvatronStage) throws(GalvatronPlanError) -> LayerStrategy {
    var strategy = try Self.strategy(
      path: "vtp", degree: vocabularyTensorSize ?? 1, isUlysses: vocabularyUlyssesFlag == 1,
      context: vocabularyContextSize ?? 1, stage)
    strategy.zero = embeddingSharded == 1 || vocabularySharded == 1 ? .parameters : stage.plain
    return strategy
  }

  private static func strategy(
    path: String, degree: Int, isUlysses: Bool, context: Int, _ stage: GalvatronStage
  ) throws(GalvatronPlanError) -> LayerStrategy {
    let product = saturatingProduct(degree, context)
    guard degree >= 1, context >= 1, stage.size % product == 0 else {
      throw .notDivisible(path: path, product: product, stageSize: stage.size)
    }
    var strategy = LayerStrategy()
    strategy.tensorParallel = isUlysses ? 1 : degree
    strategy.ulysses = isUlysses ? degree : 1
    strategy.contextParallel = context
    strategy.dataParallel = stage.size / product
    strategy.sequenceParallel = stage.sequenceParallel && strategy.tensorParallel > 1
    return strategy
  }
}
