import Costing
import Parallelism

/// A reason for ranks to communicate: decides which ranks form a group.
enum GroupUse: Hashable {
  /// A dimension of a layer strategy (its degrees and placement; ZeRO and recompute are normalised away).
  case dimension(GroupDimension, LayerStrategy)
  /// Blocks of adjacent positions of a stage, for a change of layout.
  case block(size: Int)
  /// The first and the last stage's ranks of equal position, which hold copies of a tied embedding.
  case tiedEmbedding
  /// All ranks.
  case world

  /// The groups a layer's strategy needs for a dimension, whatever its ZeRO stage and recompute policy.
  static func dimension(_ dimension: GroupDimension, of strategy: LayerStrategy) -> GroupUse {
    var layout = strategy
    layout.zero = .none
    layout.recompute = .none
    layout.sequenceParallel = false
    return .dimension(dimension, layout)
  }

  /// What changing from one strategy's layout to another's needs.
  static func resharding(_ from: LayerStrategy, _ to: LayerStrategy, stageSize: Int) -> GroupUse {
    let width = max(from.modelWidth, to.modelWidth)
    let staysInBlocks = from.isConsecutive == to.isConsecutive && from.isConsecutive && stageSize % width == 0
    return .block(size: staysInBlocks ? width : stageSize)
  }

  /// Name for people, for example `sharding 8`.
  var name: String {
    switch self {
    case .dimension(let dimension, let strategy): "\(dimension.rawValue) \(dimension.size(in: strategy))"
    case .block(let size): "resharding \(size)"
    case .tiedEmbedding: "tied embedding"
    case .world: "all ranks"
    }
  }
}

extension LayerStrategy {
  /// Ranks that work on the same sequences: one data-parallel replica.
  var modelWidth: Int { tensorParallel * ulysses * contextParallel }

  /// Whether activations of two layers lie on the same ranks in the same way.
  func hasSameLayout(as other: LayerStrategy) -> Bool {
    tensorParallel == other.tensorParallel && ulysses == other.ulysses && contextParallel == other.contextParallel
      && dataParallel == other.dataParallel && sequenceParallel == other.sequenceParallel
      && (isConsecutive == other.isConsecutive || modelWidth == 1 || dataParallel == 1)
  }
}

/// The group slots of one pipeline rank and the groups behind them, as positions of the stage.
struct StageGroups {
  /// What each slot is used for.
  private(set) var uses: [GroupUse] = []
  private var slots: [GroupUse: Int] = [:]

  /// The slot of a use, made on first sight.
  mutating func slot(_ use: GroupUse) -> Int {
    if let slot = slots[use] { return slot }
    slots[use] = uses.count
    uses.append(use)
    return uses.count - 1
  }

  /// The slot of a use that was registered.
  func existingSlot(_ use: GroupUse) -> Int? { slots[use] }

  /// Registers everything a pipeline rank's layers may need.
  init(setup: TrainingSetup, layout: StageLayout, rank: Int) {
    for stage in 0..<layout.stageCount where layout.owner[stage] == rank {
      var previous = stage == 0 ? nil : layout.layers[stage - 1].last
      for number in layout.layers[stage] {
        let strategy = setup.strategy(number)
        for dimension in GroupDimension.allCases where dimension != .data && dimension.size(in: strategy) > 1 {
          _ = slot(.dimension(dimension, of: strategy))
        }
        if let previous, !setup.strategy(previous).hasSameLayout(as: strategy) {
          _ = slot(.resharding(setup.strategy(previous), strategy, stageSize: setup.stageSize))
        }
        previous = number
      }
    }
    if setup.sharesTiedEmbedding(layout), rank == layout.owner[0] || rank == layout.owner[layout.stageCount - 1] {
      _ = slot(.tiedEmbedding)
    }
    if setup.cluster.deviceCount > 1, setup.options.clipsGradients { _ = slot(.world) }
  }
}

extension TrainingSetup {
  /// Whether a tied embedding lives on two pipeline ranks, whose gradients must be added.
  func sharesTiedEmbedding(_ layout: StageLayout) -> Bool {
    model.tiesEmbeddings && layout.owner[0] != layout.owner[layout.stageCount - 1]
  }
}
