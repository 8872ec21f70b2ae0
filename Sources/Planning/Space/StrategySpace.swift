import Parallelism

/// The strategies of a search, by pipeline degree.
public struct StrategySpace: Hashable, Sendable {
  /// Strategies of one pipeline degree.
  public struct Stage: Hashable, Sendable {
    /// Pipeline degree.
    public let pipeline: Int
    /// Strategies in a fixed order: tensor degree, Ulysses degree, context degree, sharding, recomputation, placement.
    public let strategies: [LayerStrategy]

    /// Collects the parts.
    public init(pipeline: Int, strategies: [LayerStrategy]) {
      self.pipeline = pipeline
      self.strategies = strategies
    }
  }

  /// A leaf that no strategy expresses.
  public struct Unnamed: Hashable, Sendable {
    /// Pipeline degree.
    public let pipeline: Int
    /// The leaf.
    public let leaf: TreeLeaf
    /// The rule that would take it out.
    public let reason: String
  }

  /// By pipeline degree, ascending.
  public let stages: [Stage]
  /// Candidates that rules took out.
  public let pruned: Int
  /// Without rules: leaves that cannot be searched because no strategy expresses them.
  public let unnamed: [Unnamed]

  /// Adopts a hand-made space.
  public init(stages: [Stage]) {
    self.stages = stages
    pruned = 0
    unnamed = []
  }

  /// Candidates: strategies over all pipeline degrees.
  public var count: Int { stages.reduce(0) { $0 + $1.strategies.count } }

  /// The strategies that some options and all rules allow.
  ///
  /// - Parameters:
  ///   - devices: GPUs.
  ///   - options: What may vary.
  ///   - experts: Experts a layer has, for expert parallelism; 0 for none.
  public init(devices: Int, options: SpaceOptions, experts: Int = 0) {
    let pipelines =
      options.varies(.pipeline)
      ? DecisionTree.pipelineDegrees(devices: devices, degrees: options.degrees) : [1]
    var stages: [Stage] = []
    var unnamed: [Unnamed] = []
    var pruned = 0
    for pipeline in pipelines {
      let leaves = DecisionTree.leaves(
        group: devices / pipeline, dimensions: options.treeDimensions, degrees: options.degrees)
      let kept = options.prunes ? leaves.filter { leaf in SpaceRule.all.allSatisfy { $0.keeps(leaf) } } : leaves
      pruned += (leaves.count - kept.count) * options.recomputes.count
      unnamed += kept.filter { LayerStrategy($0) == nil }.map { leaf in
        let rule = SpaceRule.all.first { !$0.keeps(leaf) }
        return Unnamed(pipeline: pipeline, leaf: leaf, reason: rule?.name ?? "no layout")
      }
      let strategies = kept.flatMap { Self.strategies(of: $0, options, experts: experts) }
      stages.append(Stage(pipeline: pipeline, strategies: Self.sorted(strategies)))
    }
    self.stages = stages
    self.unnamed = unnamed
    self.pruned = pruned
  }

  /// All strategies of a leaf: its degrees with every kind of sharding, recomputation and expert parallelism.
  private static func strategies(of leaf: TreeLeaf, _ options: SpaceOptions, experts: Int) -> [LayerStrategy] {
    guard let plain = LayerStrategy(leaf), plain.isConsecutive || options.allowsStrided else { return [] }
    return shardings(of: plain, options).flatMap { sharded in
      expertDegrees(sharded, options, experts: experts).flatMap { strategy in
        options.recomputes.map { recompute in
          var strategy = strategy
          strategy.recompute = recompute
          strategy.sequenceParallel = options.varies(.sequence) && strategy.tensorParallel > 1
          return strategy
        }
      }
    }
  }

  private static func shardings(of plain: LayerStrategy, _ options: SpaceOptions) -> [LayerStrategy] {
    if plain.zero == .parameters { return [plain] }
    var stages: [ZeroStage] = []
    if options.varies(.data) || plain.dataParallel == 1 { stages.append(.none) }
    if plain.dataParallel > 1, options.varies(.zero1) { stages.append(.optimizer) }
    if plain.dataParallel > 1, options.varies(.zero2) { stages.append(.gradients) }
    return stages.map { stage in
      var strategy = plain
      strategy.zero = stage
      return strategy
    }
  }

  private static func expertDegrees(
    _ strategy: LayerStrategy, _ options: SpaceOptions, experts: Int
  ) -> [LayerStrategy] {
    let ranks = strategy.dataParallel * strategy.contextParallel
    guard options.varies(.expert), experts > 1, ranks > 1 else { return [strategy] }
    return (1...min(ranks, experts)).filter { ranks % $0 == 0 && experts % $0 == 0 && options.degrees.allows($0) }
      .map { degree in
        var spread = strategy
        spread.expertParallel = degree
        return spread
      }
  }

  /// The fixed order, each strategy once.
  private static func sorted(_ strategies: [LayerStrategy]) -> [LayerStrategy] {
    var unique: [LayerStrategy] = []
    for strategy in strategies.sorted(by: { $0.sortKey.lexicographicallyPrecedes($1.sortKey) })
    where unique.last != strategy { unique.append(strategy) }
    return unique
  }
}

extension SpaceOptions {
  /// What may be recomputed.
  var recomputes: [RecomputePolicy] {
    var found = [RecomputePolicy.none]
    if varies(.selective) { found.append(.selective) }
    if varies(.checkpoint) { found.append(.full) }
    return found
  }

  /// Dimensions of the decision trees.
  var treeDimensions: [TreeDimension] {
    var found: [TreeDimension] = []
    if varies(.data) || varies(.zero1) || varies(.zero2) { found.append(.data) }
    if varies(.sharded) { found.append(.sharded) }
    if varies(.tensor) { found.append(.tensor) }
    if varies(.ulysses) { found.append(.ulysses) }
    if varies(.context) { found.append(.context) }
    return found
  }
}

extension LayerStrategy {
  /// The strategy of a leaf; `nil` when no strategy expresses it: it mixes replication and sharding, or its order has no
  /// name.
  public init?(_ leaf: TreeLeaf) {
    guard SpaceRule.noMixedSharding.keeps(leaf), SpaceRule.nameablePlacement.keeps(leaf) else { return nil }
    self.init()
    tensorParallel = leaf.degree(.tensor)
    ulysses = leaf.degree(.ulysses)
    contextParallel = leaf.degree(.context)
    dataParallel = leaf.degree(.data) * leaf.degree(.sharded)
    zero = leaf.degree(.sharded) > 1 ? .parameters : .none
    // A single level is its own neighbourhood.
    guard leaf.levels.count > 1, let inner = leaf.levels.last?.dimension, let outer = leaf.levels.first?.dimension
    else { return }
    let split: [TreeDimension] = [.tensor, .ulysses]
    isConsecutive = split.contains(inner) || (inner == .context && !split.contains(outer))
  }

  /// Position in the order of a space.
  var sortKey: [Int] {
    let recomputeRank = recompute == .none ? 0 : (recompute == .selective ? 1 : 2)
    return [
      tensorParallel, ulysses, contextParallel, expertParallel, zero.rawValue, recomputeRank, isConsecutive ? 1 : 0,
      sequenceParallel ? 1 : 0,
    ]
  }
}
