import Costing
import Parallelism

/// A plan of Hetu-Galvatron's search.
public struct GalvatronSearchPlan: Hashable, Sendable {
  /// Samples of an iteration.
  public let globalBatch: Int
  /// Micro-batches of an iteration.
  public let microBatches: Int
  /// Layers of each stage.
  public let division: [Int]
  /// Strategy of each layer.
  public let layers: [LayerStrategy]
  /// Strategy of the embedding and the head.
  public let edge: LayerStrategy
  /// Modelled seconds of an iteration.
  public let iterationTime: Double
  /// MB used by stage, the reserve not counted.
  public let memory: [Int]
  /// Seconds of each stage for one micro-batch, without the reduction of gradients.
  public let steps: [Double]

  /// Samples per second.
  public var throughput: Double { Double(globalBatch) / iterationTime }
}

/// The search of Hetu-Galvatron 2.4.1: batch sizes, micro-batches, pipeline degrees, whether layers may use tensor
/// parallelism, Ulysses or both, the largest such degree, and the strategy of the embedding and the head.
public struct GalvatronSearch: Sendable {
  /// What prices plans.
  public let costs: GalvatronCostModel
  /// Which strategies compete.
  public let space: StrategySpace
  /// Whether each layer chooses for itself; without it all layers and the edges share a strategy.
  public var isLayerwise = true
  /// How layers are split over stages.
  private let partition: GalvatronPartition
  /// Work done so far.
  public private(set) var statistics = SearchStatistics()

  /// The fifty strategies of 8 GPUs, and their like on more: no strided placement, ZeRO-2 where nothing else is said.
  public static let dimensions: [SearchDimension] = [
    .pipeline, .zero2, .sharded, .tensor, .ulysses, .checkpoint, .sequence,
  ]

  /// Sets up a search.
  public init(
    costs: GalvatronCostModel, method: SearchMethod = .base, dimensions: [SearchDimension] = Self.dimensions
  ) {
    var options = SpaceOptions(dimensions: dimensions)
    options.allowsStrided = false
    let all = StrategySpace(devices: costs.hardware.devices, options: options)
    self.costs = costs
    partition = GalvatronPartition(method)
    space = method.restrict(all, devices: costs.hardware.devices)
  }

  /// MB that layers and edges may use of a GPU: above 20 GB a fifth is left to the allocator's cache.
  public static func usable(memory: Int) -> Int { memory / 1024 > 20 ? memory - Int(Double(memory) * 0.2) : memory }

  /// The plan with the highest throughput; the first one found wins a tie.
  ///
  /// - Parameters:
  ///   - globalBatches: Batch sizes to try.
  ///   - microBatches: Micro-batches to try; those that do not divide a batch are skipped. All divisors when `nil`.
  ///   - memory: MB of a GPU.
  public mutating func best(globalBatches: [Int], microBatches: [Int]? = nil, memory: Int) -> GalvatronSearchPlan? {
    var best: GalvatronSearchPlan?
    for batch in globalBatches {
      for count in microBatches ?? Array(1...batch) where count >= 1 && batch % count == 0 {
        for stage in space.stages where stage.pipeline <= min(count, costs.model.layerCount) {
          let task = GalvatronTask(
            costs: costs, stage: stage, globalBatch: batch, microBatches: count, memory: Self.usable(memory: memory),
            partition: partition)
          best = task.best(after: best, isLayerwise: isLayerwise, statistics: &statistics)
        }
      }
    }
    return best
  }
}

/// One batch size, number of micro-batches and pipeline degree of the search.
struct GalvatronTask {
  let costs: GalvatronCostModel
  let stage: StrategySpace.Stage
  let globalBatch: Int
  let microBatches: Int
  let memory: Int
  let partition: GalvatronPartition

  /// Which split of tensors a round of the search allows.
  private enum SplitMode: CaseIterable {
    case tensor
    case ulysses
    case both

    func allows(_ strategy: LayerStrategy) -> Bool {
      switch self {
      case .tensor: strategy.ulysses == 1
      case .ulysses: strategy.tensorParallel == 1
      case .both: true
      }
    }
  }

  private var group: Int { costs.hardware.devices / stage.pipeline }
  private var mostReplicas: Int { max(1, min(globalBatch / microBatches, group)) }

  /// The better of a plan and the best of this task.
  func best(
    after previous: GalvatronSearchPlan?, isLayerwise: Bool, statistics: inout SearchStatistics
  ) -> GalvatronSearchPlan? {
    var best = previous
    for mode in SplitMode.allCases {
      let least = max(1, group / mostReplicas)
      let degrees = mode == .ulysses ? [group] : (least...group).filter { $0 & ($0 - 1) == 0 }
      for degree in degrees {
        let strategies = stage.strategies.filter {
          max($0.tensorParallel, $0.ulysses) <= degree && $0.dataParallel <= mostReplicas && mode.allows($0)
        }
        guard !strategies.isEmpty else { continue }
        let buffer =
          mode == .ulysses
          ? 0
          : costs.globalBuffer(
            pipeline: stage.pipeline, splitDegree: degree, globalBatch: globalBatch, microBatches: microBatches)
        let round = GalvatronRound(task: self, strategies: strategies, buffer: buffer)
        let plan = plan(round, isLayerwise: isLayerwise, &statistics)
        if let plan, best.map({ plan.throughput > $0.throughput }) ?? true { best = plan }
      }
    }
    return best
  }

  private func plan(
    _ round: GalvatronRound, isLayerwise: Bool, _ statistics: inout SearchStatistics
  ) -> GalvatronSearchPlan? {
    guard isLayerwise else { return round.uniform(&statistics) }
    return partition == .even || stage.pipeline == 1 ? round.layerwise(&statistics) : round.balanced(&statistics)
  }

  func given(_ strategy: LayerStrategy) -> GalvatronCostModel.Case {
    GalvatronCostModel.Case(
      strategy: strategy, pipeline: stage.pipeline, globalBatch: globalBatch, microBatches: microBatches)
  }

  /// Layers of each stage: evenly, the remainder on the last one.
  var division: [Int] {
    let count = costs.model.layerCount
    let share = count / stage.pipeline
    return Array(repeating: share, count: stage.pipeline - 1) + [count - share * (stage.pipeline - 1)]
  }
}
