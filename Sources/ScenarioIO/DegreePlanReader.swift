import Parallelism
import Workload

/// Reads a plan that is written as degrees, for all layers alike or layer by layer.
struct DegreePlanReader {
  let reader: MappingReader
  let setting: PlanSetting
  let references: ReferenceReader

  private var log: ProblemLog { reader.log }

  /// The plan; `nil` with problems recorded.
  func plan() -> ParallelPlan? {
    let before = log.problems.count
    let stages = reader.integer("pp", in: 1...setting.devices) ?? 1
    let virtualStages = reader.integer("vpp", in: 1...10_000) ?? 1
    guard setting.devices % stages == 0 else {
      log.add(
        at: (reader.value("pp") ?? reader.node).position, path: reader.path("pp"),
        "found \(stages) pipeline stages on \(setting.devices) GPUs", "expected a divisor of \(setting.devices)")
      return nil
    }
    let strategies = StrategyReader(log: log, stageSize: setting.devices / stages)
    guard let layers = layers(strategies), let first = layers.first, let last = layers.last else { return nil }
    let hasDegrees = KeySet.strategy.all.contains { reader.value($0) != nil }
    let isPerLayer = reader.value("layers") != nil
    let uniform = isPerLayer && hasDegrees ? strategies.strategy(reader) : nil
    let embedding = strategies.named("embedding", in: reader) ?? (uniform ?? first).forEnds
    let head = strategies.named("head", in: reader) ?? (uniform ?? last).forEnds
    let order = PlanOrderReader(reader: reader, references: references)
    let schedule = order.schedule(virtualStages: virtualStages)
    let rankOrder = order.rankOrder(strategies: layers)
    let division = division(stages: stages, virtualStages: virtualStages)
    let microBatches = microBatches(layers)
    guard log.problems.count == before, let schedule, let division, let microBatches else { return nil }
    return ParallelPlan(
      pipelineParallel: stages, virtualStages: virtualStages, layersPerStage: division, layers: layers,
      embedding: embedding, head: head, microBatches: microBatches, schedule: schedule,
      rankOrder: rankOrder ?? .pipelineOutermost)
  }

  private func layers(_ strategies: StrategyReader) -> [LayerStrategy]? {
    let blocks = setting.model.blocks.count
    guard let node = reader.value("layers") else {
      return strategies.strategy(reader).map { Array(repeating: $0, count: blocks) }
    }
    return strategies.list(node, path: reader.path("layers"), blocks: blocks)
  }

  /// Blocks of each virtual stage: as written, or an even split.
  private func division(stages: Int, virtualStages: Int) -> [Int]? {
    let (count, overflow) = stages.multipliedReportingOverflow(by: virtualStages)
    guard !overflow, count <= 1_000_000 else {
      log.add(at: reader.node.position, path: "plan.vpp", "found too many virtual stages", "lower pp or vpp")
      return nil
    }
    guard let node = reader.value("stages") else {
      return StageSplit.even(blocks: setting.model.blocks.count, stages: count)
    }
    guard case .list(let items) = node.value else {
      log.add(node, path: "plan.stages", expected: "a list of \(count) whole numbers, blocks per virtual stage")
      return nil
    }
    let read = items.enumerated().map { log.integer($1, path: "plan.stages[\($0)]", in: 0...1_000_000) }
    return read.contains { $0 == nil } ? nil : read.compactMap { $0 }
  }

  /// From `plan.micro_batches`, or from `job.micro_batch` sequences for each replica.
  private func microBatches(_ layers: [LayerStrategy]) -> Int? {
    let written = reader.integer("micro_batches", in: 1...JobReader.maximumCount)
    guard let size = setting.microBatch else {
      if reader.value("micro_batches") == nil {
        log.add(
          at: reader.node.position, path: "plan.micro_batches", "found neither it nor job.micro_batch",
          "expected one of them")
      }
      return written
    }
    let place = (setting.jobNode["micro_batch"] ?? setting.jobNode).position
    guard reader.value("micro_batches") == nil else {
      log.add(at: place, path: "job.micro_batch", "found it beside plan.micro_batches", "keep one of them")
      return nil
    }
    guard let replicas = layers.first?.dataParallel, layers.allSatisfy({ $0.dataParallel == replicas }) else {
      log.add(
        at: place, path: "job.micro_batch", "found layers of different data-parallel degrees",
        "give plan.micro_batches instead")
      return nil
    }
    let step = Double(size) * Double(replicas)
    guard step <= Double(setting.job.globalBatch), setting.job.globalBatch % (size * replicas) == 0 else {
      let batch = setting.job.globalBatch
      log.add(
        at: place, path: "job.micro_batch",
        "found \(size) x dp \(replicas), which does not divide global_batch \(batch)",
        "change micro_batch, dp or global_batch")
      return nil
    }
    return setting.job.globalBatch / (size * replicas)
  }
}

extension LayerStrategy {
  /// The strategy of an embedding or a head beside such blocks: nothing to recompute, no experts.
  var forEnds: LayerStrategy {
    var strategy = self
    strategy.recompute = .none
    strategy.expertParallel = 1
    return strategy
  }
}
