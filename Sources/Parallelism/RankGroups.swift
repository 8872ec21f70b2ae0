/// Who talks to whom inside a pipeline stage, for one layer.
///
/// With degrees T (tensor), U (Ulysses), C (context) and D (data) the position of a rank in its stage is
/// `t + T (u + U (c + C d))` when the strategy is consecutive and `d + D (c + C (u + U t))` when it is not.
/// Experts are dealt out over the C D ranks of equal `t` and `u`, in the order of their positions, the expert index
/// innermost.
public enum RankGroups {
  /// The group of a dimension that holds `position`, ascending.
  ///
  /// - Parameters:
  ///   - dimension: Which group.
  ///   - position: Position inside the stage, `0 ..< strategy.devices`.
  ///   - strategy: The layer's strategy, valid: degrees at least 1, the expert degree divides `D C`.
  public static func members(
    of dimension: GroupDimension, containing position: Int, strategy: LayerStrategy
  ) -> [Int] {
    precondition((0..<strategy.devices).contains(position), "a position lies inside its stage")
    let key = RankCoordinates(position: position, strategy: strategy).key(of: dimension)
    return (0..<strategy.devices).filter {
      RankCoordinates(position: $0, strategy: strategy).key(of: dimension) == key
    }
  }

  /// All groups of a dimension, each ascending, ordered by their first member.
  ///
  /// - Precondition: the strategy is valid.
  public static func groups(of dimension: GroupDimension, strategy: LayerStrategy) -> [[Int]] {
    var groups: [[Int]] = []
    var indexOfKey: [[Int]: Int] = [:]
    for position in 0..<strategy.devices {
      let key = RankCoordinates(position: position, strategy: strategy).key(of: dimension)
      if let index = indexOfKey[key] {
        groups[index].append(position)
      } else {
        indexOfKey[key] = groups.count
        groups.append([position])
      }
    }
    return groups
  }
}

/// Where a rank stands in each dimension of its layer.
struct RankCoordinates: Hashable {
  /// Index in the tensor-parallel group.
  let tensor: Int
  /// Index in the Ulysses group.
  let ulysses: Int
  /// Index in the context-parallel group.
  let context: Int
  /// Index in the data-parallel group.
  let data: Int
  /// Index in the expert-parallel group.
  let expert: Int
  /// Which replica of its experts, among the ranks of equal tensor and Ulysses index.
  let expertReplica: Int

  /// Takes a position apart.
  init(position: Int, strategy: LayerStrategy) {
    var rest = position
    func next(_ degree: Int) -> Int {
      defer { rest /= degree }
      return rest % degree
    }
    let plane: Int
    if strategy.isConsecutive {
      tensor = next(strategy.tensorParallel)
      ulysses = next(strategy.ulysses)
      context = next(strategy.contextParallel)
      data = next(strategy.dataParallel)
      plane = context + strategy.contextParallel * data
    } else {
      data = next(strategy.dataParallel)
      context = next(strategy.contextParallel)
      ulysses = next(strategy.ulysses)
      tensor = next(strategy.tensorParallel)
      plane = data + strategy.dataParallel * context
    }
    expert = plane % strategy.expertParallel
    expertReplica = plane / strategy.expertParallel
  }

  /// What all members of a group have in common.
  func key(of dimension: GroupDimension) -> [Int] {
    switch dimension {
    case .tensor: [ulysses, context, data]
    case .ulysses: [tensor, context, data]
    case .context: [tensor, ulysses, data]
    case .data: [tensor, ulysses, context]
    case .sharding: [tensor]
    case .expert: [tensor, ulysses, expertReplica]
    case .expertData: [tensor, expert]
    }
  }
}
