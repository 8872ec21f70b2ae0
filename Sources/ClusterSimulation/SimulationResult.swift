import Costing
import Hardware
import Parallelism
import Quantities
import Workload

/// The request that did not fit.
public struct OutOfMemory: Hashable, Sendable {
  /// Global rank of the first that fails.
  public var rank: Int
  /// Its pipeline stage.
  public var stage: Int
  /// When, from the start of the iteration.
  public var time: SimTime
  /// The task that asked, or what is resident from the start.
  public var task: String
  /// Bytes it asked for.
  public var requested: Bytes
  /// Bytes held per category before the request; shape `[MemoryCategory.allCases.count]`.
  public var heldByCategory: [Int64]
  /// Bytes held per layer before the request, largest first; -1 stands for no layer.
  public var heldByLayer: [LayerMemory]

  /// What one layer held.
  public struct LayerMemory: Hashable, Sendable {
    /// Layer number, as in ``OperationInfo/layer``; -1 for none.
    public var layer: Int
    /// How much.
    public var bytes: Int64
  }
}

/// What a stage of the pipeline did: its slowest and its fullest rank.
public struct StageSummary: Hashable, Sendable {
  /// Pipeline rank.
  public var stage: Int
  /// Ranks of the stage.
  public var ranks: Int
  /// Layers it holds: 0 is the embedding, then the blocks, then the head.
  public var layers: [Int]
  /// Where the time of its busiest rank goes.
  public var time: TimeBreakdown
  /// The memory of its fullest rank.
  public var memory: MemoryPeak
  /// That rank, by its number among the simulated ones.
  public var fullest: Int
  /// The busiest rank, likewise.
  public var busiest: Int
}

/// One replayed iteration: times, memory, and the whole trace.
public struct SimulationResult: Sendable {
  /// What was simulated.
  public let setup: TrainingSetup
  /// Everything that happened.
  public let trace: Trace
  /// The executor that ran.
  public let executor: ExecutorChoice
  /// Steps it took.
  public let eventCount: Int
  /// Whether kernels and collectives would slow each other down, but the executor leaves it out.
  public let omitsInterference: Bool
  /// What shared links did; `nil` when every group had the network to itself.
  public let network: NetworkReport?
  /// End of the last task.
  public let iterationTime: SimDuration
  /// One summary per pipeline rank.
  public let stages: [StageSummary]
  /// The first request that exceeds the capacity, or `nil` when everything fits.
  public let outOfMemory: OutOfMemory?

  init(
    setup: TrainingSetup, trace: Trace, executor: ExecutorChoice, eventCount: Int, network: NetworkReport? = nil,
    omitsInterference: Bool = false, layersOfStage: [[Int]]
  ) {
    self.setup = setup
    self.trace = trace
    self.executor = executor
    self.eventCount = eventCount
    self.network = network
    self.omitsInterference = omitsInterference
    let iteration = trace.iterationTime
    iterationTime = iteration
    var summaries: [Int: StageSummary] = [:]
    var first: OutOfMemory?
    for rank in 0..<trace.map.rankCount {
      let stage = trace.programs.programs[Int(trace.map.programs[rank])].stage
      let capacity = setup.memoryCapacity(ofRank: trace.map.globalRanks[rank])
      let peak = trace.memoryPeak(ofSimulatedRank: rank)
      if let failure = Self.failure(trace, rank, peak, capacity: capacity, rules: setup.options.allocator) {
        if first.map({ failure.time < $0.time }) ?? true { first = failure }
      }
      let time = trace.breakdown(ofSimulatedRank: rank, iteration: iteration)
      guard var summary = summaries[stage] else {
        summaries[stage] = StageSummary(
          stage: stage, ranks: setup.stageSize, layers: layersOfStage[stage], time: time, memory: peak,
          fullest: rank, busiest: rank)
        continue
      }
      if time.compute > summary.time.compute {
        summary.time = time
        summary.busiest = rank
      }
      if peak.bytes > summary.memory.bytes {
        summary.memory = peak
        summary.fullest = rank
      }
      summaries[stage] = summary
    }
    stages = layersOfStage.indices.compactMap { summaries[$0] }
    outOfMemory = first
  }

  /// Above this share of the capacity the allocator is asked whether a rank's tensors find room.
  ///
  /// Below it segments that lie idle are always enough to give back: fragments of PyTorch's allocator in training are 6 to
  /// 17 % of what it holds (published logs of Megatron runs).
  public static let crowded = 0.8

  /// The first request of a rank that cannot be met: by the sum of its tensors, or by the allocator that cannot hold more.
  private static func failure(
    _ trace: Trace, _ rank: Int, _ peak: MemoryPeak, capacity: Bytes, rules: AllocatorRules
  ) -> OutOfMemory? {
    guard Double(peak.bytes.count) > crowded * Double(capacity.count) else { return nil }
    let timeline = MemoryTimeline(trace: trace, simulatedRank: rank)
    if peak.bytes > capacity {
      return timeline.failure(trace: trace, simulatedRank: rank, capacity: capacity)
    }
    let report = AllocatorReplay(timeline, capacity: capacity.count - peak.context.count, rules: rules).run()
    return report.failure.map { timeline.failure(trace: trace, simulatedRank: rank, $0) }
  }

  /// What the framework's allocator makes of the fullest rank of a stage.
  public func allocatorReport(_ stage: StageSummary) -> AllocatorReport {
    let capacity = setup.memoryCapacity(ofRank: trace.map.globalRanks[stage.fullest])
    return AllocatorReplay(
      MemoryTimeline(trace: trace, simulatedRank: stage.fullest),
      capacity: max(capacity.count, stage.memory.bytes.count) - stage.memory.context.count,
      rules: setup.options.allocator
    ).run()
  }

  /// The same of every stage; shape `[stages]`.
  public var allocatorReports: [AllocatorReport] { stages.map(allocatorReport) }

  /// Whether every rank stays below its capacity.
  public var fits: Bool { outOfMemory == nil }

  /// The highest memory of any rank, context included.
  public var peakMemory: Bytes { stages.map(\.memory.bytes).max() ?? .zero }

  /// The breakdown of the rank that computes longest.
  public var busiest: TimeBreakdown {
    stages.map(\.time).max { $0.compute < $1.compute } ?? TimeBreakdown()
  }

  /// Model operations of one iteration over all ranks, forward and backward, recompute not counted.
  public var modelOperations: FloatingPointOperations {
    let layers = [setup.model.embedding] + setup.model.blocks + [setup.model.head]
    return layers.reduce(.zero) {
      $0 + 3 * $1.forwardOperations(sequences: setup.job.globalBatch)
    }
  }

  /// Model operations per second and rank.
  public var modelRatePerRank: ComputeRate {
    let seconds = iterationTime.seconds.value
    return ComputeRate(
      operationsPerSecond: modelOperations.count / seconds / Double(setup.cluster.deviceCount))
  }

  /// Model operations per second over the device's peak in the job's number format (MFU).
  public var modelUtilization: Double {
    let peaks = (0..<setup.cluster.nodes).compactMap {
      setup.cluster.device(ofNode: $0).peak(for: setup.job.format)?.operationsPerSecond
    }
    guard !peaks.isEmpty else { return 0 }
    return modelRatePerRank.operationsPerSecond / (peaks.reduce(0, +) / Double(peaks.count))
  }

  /// Sequences per second over all ranks.
  public var samplesPerSecond: Double { Double(setup.job.globalBatch) / iterationTime.seconds.value }

  /// Tokens (or patches) per second over all ranks.
  public var tokensPerSecond: Double { tokensPerIteration / iterationTime.seconds.value }

  /// Tokens (or patches) of one iteration over all ranks.
  public var tokensPerIteration: Double {
    Double(setup.job.globalBatch) * Double(setup.model.embedding.sequenceLength)
  }
}

extension TrainingSetup {
  /// Memory every rank may use at least: the smallest device's, or the limit asked for.
  public var memoryCapacity: Bytes {
    cluster.devices.map { min(options.memoryLimit ?? $0.memoryCapacity, $0.memoryCapacity) }.min() ?? .zero
  }

  /// Memory a rank may use: its device's, or the limit asked for.
  public func memoryCapacity(ofRank rank: Int) -> Bytes {
    let own = cluster.device(ofRank: rank).memoryCapacity
    return min(options.memoryLimit ?? own, own)
  }
}

extension MemoryTimeline {
  /// The first request that exceeds a capacity.
  func failure(trace: Trace, simulatedRank rank: Int, capacity: Bytes) -> OutOfMemory? {
    var held = Array(repeating: Int64(0), count: MemoryCategory.allCases.count)
    var layers: [Int32: Int64] = [:]
    var sum: Int64 = 0
    let program = Int(trace.map.programs[rank])
    let stage = trace.programs.programs[program].stage
    func failure(_ time: SimTime, _ task: String, _ bytes: Int64) -> OutOfMemory {
      OutOfMemory(
        rank: trace.map.globalRanks[rank], stage: stage, time: time, task: task, requested: Bytes(bytes),
        heldByCategory: held, heldByLayer: Self.largestFirst(layers))
    }
    for part in resident {
      let bytes = part.bytes.count
      guard sum + bytes <= capacity.count else {
        return failure(.zero, "resident \(part.category.name) of \(layerName(part.layer))", bytes)
      }
      held[Int(part.category.rawValue)] += bytes
      layers[part.layer, default: 0] += bytes
      sum += bytes
    }
    for change in changes {
      if sum + change.bytes > capacity.count {
        return failure(change.time, taskName(trace, change), change.bytes)
      }
      held[Int(change.category.rawValue)] += change.bytes
      layers[change.layer, default: 0] += change.bytes
      sum += change.bytes
    }
    return nil
  }

  /// The request the allocator could not meet: what was held is what the ledger holds then.
  func failure(trace: Trace, simulatedRank rank: Int, _ failure: AllocatorFailure) -> OutOfMemory {
    var held = Array(repeating: Int64(0), count: MemoryCategory.allCases.count)
    var layers: [Int32: Int64] = [:]
    for part in resident {
      held[Int(part.category.rawValue)] += part.bytes.count
      layers[part.layer, default: 0] += part.bytes.count
    }
    for change in changes {
      if change == failure.change { break }
      held[Int(change.category.rawValue)] += change.bytes
      layers[change.layer, default: 0] += change.bytes
    }
    let idle = failure.reason.reserved - failure.reason.allocated
    return OutOfMemory(
      rank: trace.map.globalRanks[rank], stage: trace.programs.programs[Int(trace.map.programs[rank])].stage,
      time: failure.change?.time ?? .zero,
      task: (failure.change.map { taskName(trace, $0) } ?? "resident memory") + " (fragmented: "
        + "\(idle >> 20) MiB of the allocator's segments are free, none large enough)",
      requested: Bytes(failure.reason.requested), heldByCategory: held, heldByLayer: Self.largestFirst(layers))
  }

  private func layerName(_ layer: Int32) -> String { layer < 0 ? "the rank" : "layer \(layer)" }

  private func taskName(_ trace: Trace, _ change: MemoryChange) -> String {
    let task = trace.task(row: change.row)
    let microBatch = task.microBatch >= 0 ? ", micro-batch \(task.microBatch)" : ""
    let name = trace.programs.names[Int(task.info.name)]
    return "\(task.info.kind.name) \(name), layer \(change.layer)\(microBatch)"
  }

  private static func largestFirst(_ layers: [Int32: Int64]) -> [OutOfMemory.LayerMemory] {
    layers.filter { $0.value != 0 }
      .sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
      .map { OutOfMemory.LayerMemory(layer: Int($0.key), bytes: $0.value) }
  }
}
