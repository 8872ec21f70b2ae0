import Workload

extension ParallelPlan {
  /// Everything that keeps the plan from running, in the order of the plan; empty when it can run.
  ///
  /// - Parameters:
  ///   - model: The model; each of its blocks needs a strategy.
  ///   - job: The batch that is cut into micro-batches.
  ///   - devices: Devices of the whole cluster; the plan has to use all of them.
  public func violations(model: Model, job: TrainingJob, devices: Int) -> [PlanViolation] {
    violations(limits: ModelLimits(model), globalBatch: job.globalBatch, devices: devices)
  }

  /// The same from what a model allows.
  package func violations(limits: ModelLimits, globalBatch: Int, devices: Int) -> [PlanViolation] {
    pipelineViolations(devices: devices) + stageViolations(blocks: limits.blocks.count)
      + layerViolations(limits, stageSize: stageSize(devices: devices)) + batchViolations(globalBatch)
      + scheduleViolations() + rankOrderViolations(stageSize: stageSize(devices: devices))
  }

  /// Devices of a pipeline stage; `nil` when the pipeline degree does not divide the devices.
  private func stageSize(devices: Int) -> Int? {
    guard pipelineParallel >= 1, devices >= 1, devices % pipelineParallel == 0 else { return nil }
    return devices / pipelineParallel
  }

  private func pipelineViolations(devices: Int) -> [PlanViolation] {
    var found: [PlanViolation] = []
    if pipelineParallel < 1 {
      found.append(.notPositive(path: "plan.pp", found: pipelineParallel))
    } else if stageSize(devices: devices) == nil {
      found.append(.devicesNotDivisible(devices: devices, pipelineParallel: pipelineParallel))
    }
    if virtualStages < 1 { found.append(.notPositive(path: "plan.vpp", found: virtualStages)) }
    return found
  }

  private func stageViolations(blocks: Int) -> [PlanViolation] {
    var found: [PlanViolation] = []
    let expected = saturatingProduct(pipelineParallel, virtualStages)
    if pipelineParallel >= 1, virtualStages >= 1, layersPerStage.count != expected {
      found.append(.stageCount(found: layersPerStage.count, expected: expected))
    }
    for (stage, count) in layersPerStage.enumerated() where count < 0 {
      found.append(.negativeStage(stage: stage, found: count))
    }
    let sum = layersPerStage.reduce(0, &+)
    if sum != blocks { found.append(.stageSum(found: sum, blocks: blocks)) }
    if layers.count != blocks { found.append(.layerCount(found: layers.count, blocks: blocks)) }
    return found
  }

  /// The strategies with their paths and limits; surplus strategies have none.
  private func strategies(_ limits: ModelLimits) -> [(path: String, strategy: LayerStrategy, limits: LayerLimits)] {
    let blocks = zip(layers, limits.blocks).enumerated().map { index, pair in
      (path: "plan.layers[\(index)]", strategy: pair.0, limits: pair.1)
    }
    return [("plan.embedding", embedding, limits.embedding)] + blocks + [("plan.head", head, limits.head)]
  }

  private func layerViolations(_ limits: ModelLimits, stageSize: Int?) -> [PlanViolation] {
    let largest = largestDataParallel
    return strategies(limits).flatMap { path, strategy, limits in
      var found = strategy.violations(path: path, limits: limits, stageSize: stageSize)
      if strategy.dataParallel >= 1, largest % strategy.dataParallel != 0 {
        found.append(
          .dataParallelNotNested(path: "\(path).dp", degree: strategy.dataParallel, largest: largest))
      }
      return found
    }
  }

  private func batchViolations(_ globalBatch: Int) -> [PlanViolation] {
    do throws(MicroBatchingError) {
      _ = try microBatching(globalBatch: globalBatch)
      return []
    } catch {
      return [.microBatching(error)]
    }
  }

  private func scheduleViolations() -> [PlanViolation] {
    guard let schedule = ScheduleCatalog.schedule(for: schedule) else {
      guard case .named(let name) = self.schedule else { return [] }
      return [.unknownSchedule(name: name, known: ScheduleCatalog.all.map(\.name))]
    }
    guard pipelineParallel >= 1, virtualStages >= 1, microBatches >= 1 else { return [] }
    let shape = PipelineShape(ranks: pipelineParallel, chunks: virtualStages, microBatches: microBatches)
    return schedule.obstacle(shape).map { [.scheduleObstacle($0)] } ?? []
  }

  /// The stride divides the stage and keeps the neighbours of consecutive layers together.
  private func rankOrderViolations(stageSize: Int?) -> [PlanViolation] {
    guard let stride = rankOrder.pipelineStride else { return [] }
    guard stride >= 1 else { return [.notPositive(path: "plan.rank_order.stride", found: stride)] }
    guard let stageSize else { return [] }
    guard stageSize % stride == 0 else { return [.strideNotDivisor(stride: stride, stageSize: stageSize)] }
    let named =
      [("plan.embedding", embedding)] + layers.enumerated().map { ("plan.layers[\($0)]", $1) } + [("plan.head", head)]
    return named.compactMap { path, strategy in
      let block = saturatingProduct(strategy.tensorParallel, strategy.ulysses, strategy.contextParallel)
      guard strategy.isConsecutive, block >= 1, stride % block != 0 else { return nil }
      return .strideSplitsGroup(stride: stride, path: path, block: block)
    }
  }
}
