/// The layers of one pipeline stage, each with the price of every strategy: the input of the dynamic program.
///
/// Layers of one kind share their prices. Memory is in whole units (Galvatron's MB, or bytes), time in seconds. The
/// first layer pays no transition.
public struct ChainProblem: Hashable, Sendable {
  /// The prices of one kind of layer.
  public struct Kind: Hashable, Sendable {
    /// Memory of a layer, in units; shape `[strategies]`.
    public var memory: [Int]
    /// Time of a layer; shape `[strategies]`.
    public var time: [Double]
    /// Time to come from another strategy to this layer's; shape `[strategies * strategies]`, the former's rows.
    public var transition: [Double]

    /// Collects the parts.
    public init(memory: [Int], time: [Double], transition: [Double]) {
      self.memory = memory
      self.time = time
      self.transition = transition
    }
  }

  /// Kinds of layers.
  public let kinds: [Kind]
  /// Kind of each layer; shape `[layers]`.
  public let order: [Int]
  /// Strategies.
  public let strategyCount: Int

  /// Most memory that fits a label's sort key, in units: 1 TiB in bytes.
  static let maximumMemory = 1 << 40

  /// Collects the parts.
  ///
  /// - Precondition: at least one layer and one strategy, tables of the stated shapes, no negative price.
  public init(kinds: [Kind], order: [Int], strategyCount: Int) {
    precondition(!order.isEmpty && strategyCount > 0, "a stage has a layer and a layer has a strategy")
    for kind in kinds {
      precondition(kind.memory.count == strategyCount && kind.time.count == strategyCount, "one price a strategy")
      precondition(kind.transition.count == strategyCount * strategyCount, "one price a pair of strategies")
      precondition(kind.memory.allSatisfy { $0 >= 0 }, "memory is not negative")
    }
    self.kinds = kinds
    self.order = order
    self.strategyCount = strategyCount
  }

  /// Layers.
  public var layerCount: Int { order.count }

  /// The same prices for a run of the layers.
  ///
  /// - Precondition: the run is not empty.
  public func part(_ layers: Range<Int>) -> ChainProblem {
    ChainProblem(kinds: kinds, order: Array(order[layers]), strategyCount: strategyCount)
  }

  /// What a choice of strategies needs and takes, added up from the first layer on.
  public func cost(of strategies: [Int]) -> (memory: Int, time: Double) {
    var memory = 0
    var time = 0.0
    for (layer, strategy) in strategies.enumerated() {
      let kind = kinds[order[layer]]
      memory += kind.memory[strategy]
      if layer > 0 { time += kind.transition[strategies[layer - 1] * strategyCount + strategy] }
      time += kind.time[strategy]
    }
    return (memory, time)
  }
}

/// The best choice of strategies for a stage.
public struct ChainSolution: Hashable, Sendable {
  /// Strategy of each layer; shape `[layers]`.
  public let strategies: [Int]
  /// Memory of all layers, in units.
  public let memory: Int
  /// Time of all layers and transitions, in seconds.
  public let time: Double

  /// Collects the parts.
  public init(strategies: [Int], memory: Int, time: Double) {
    self.strategies = strategies
    self.memory = memory
    self.time = time
  }
}

/// How much work a program took.
public struct ChainStatistics: Hashable, Sendable {
  /// Partial choices kept, over all layers.
  public var labels = 0
  /// Candidates compared.
  public var candidates = 0
  /// Strategies left after dominated ones were dropped.
  public var strategies = 0

  /// Nothing done yet.
  public init() {}

  /// Adds in place.
  public static func += (left: inout ChainStatistics, right: ChainStatistics) {
    left.labels += right.labels
    left.candidates += right.candidates
    left.strategies = max(left.strategies, right.strategies)
  }
}
