import Parallelism
import Quantities

/// Prices of every kind of layer under every strategy, on every stage of a pipeline, for one size of micro-batch.
///
/// Times are seconds, memory is bytes. Kinds of blocks are numbered as in ``kindOfBlock``; embedding and head have prices of
/// their own on the first and the last stage.
public struct StageCostTable: Hashable, Sendable {
  /// The price of one layer under one strategy.
  public struct Price: Hashable, Sendable {
    /// Time.
    public var cost: StageCost
    /// Bytes of model states.
    public var states: Int64
    /// Bytes kept by each micro-batch in flight.
    public var kept: Int64
    /// Bytes held for a while.
    public var transient: Int64

    /// Collects the parts.
    public init(cost: StageCost, states: Int64, kept: Int64, transient: Int64) {
      self.cost = cost
      self.states = states
      self.kept = kept
      self.transient = transient
    }
  }

  /// Strategies.
  public var strategies: [LayerStrategy]
  /// Kind of each block; shape `[blocks]`.
  public var kindOfBlock: [Int]
  /// Prices of blocks; shape `[stages][kinds][strategies]`.
  public var blocks: [[[Price]]]
  /// Prices of the embedding; shape `[strategies]`.
  public var embedding: [Price]
  /// Prices of the head; shape `[strategies]`.
  public var head: [Price]
  /// Seconds to change layouts before a block of a kind; shape `[kinds][strategies * strategies]`.
  public var transition: [[Double]]
  /// Bytes of a stage that belong to no layer; shape `[stages]`.
  public var fixed: [Int64]
  /// The objective.
  public var objective: PipelineObjective
  /// Micro-batches in flight; shape `[stages]`.
  public var inFlight: [Int]

  /// Collects the parts.
  public init(
    strategies: [LayerStrategy], kindOfBlock: [Int], blocks: [[[Price]]], embedding: [Price], head: [Price],
    transition: [[Double]], fixed: [Int64], objective: PipelineObjective, inFlight: [Int]
  ) {
    self.strategies = strategies
    self.kindOfBlock = kindOfBlock
    self.blocks = blocks
    self.embedding = embedding
    self.head = head
    self.transition = transition
    self.fixed = fixed
    self.objective = objective
    self.inFlight = inFlight
  }

  /// Stages.
  public var stageCount: Int { blocks.count }

  /// Price of a block on a stage.
  func price(_ stage: Int, _ block: Int, _ strategy: Int) -> Price { blocks[stage][kindOfBlock[block]][strategy] }

  /// Bytes of a layer on a stage with as many micro-batches in flight as it has.
  func bytes(_ price: Price, stage: Int) -> Int64 { price.states + price.kept * Int64(inFlight[stage]) }

  /// Prices of embedding and head that a stage carries.
  func edges(_ stage: Int, _ strategy: Int) -> [Price] {
    (stage == 0 ? [embedding[strategy]] : []) + (stage == stageCount - 1 ? [head[strategy]] : [])
  }

  /// What blocks of a stage take under a choice of strategies, embedding and head included.
  func cost(stage: Int, first: Int, choice: [Int], edge: Int) -> StageCost {
    var cost = edges(stage, edge).reduce(.zero) { $0 + $1.cost }
    let count = strategies.count
    for (index, strategy) in choice.enumerated() {
      cost = cost + price(stage, first + index, strategy).cost
      let former = index > 0 ? choice[index - 1] : (stage == 0 ? edge : strategy)
      cost.step += transition[kindOfBlock[first + index]][former * count + strategy]
    }
    if stage == stageCount - 1, let last = choice.last {
      cost.step += transition[kindOfBlock[first + choice.count - 1]][last * count + edge]
    }
    return cost
  }

  /// Costs of all stages of a partition; shape `[stages]`.
  func costs(_ division: [Int], choice: [Int], edge: Int) -> [StageCost] {
    parts(division, choice).enumerated().map { cost(stage: $0, first: $1.first, choice: $1.choice, edge: edge) }
  }

  /// Bytes of all stages of a partition; shape `[stages]`.
  func memory(_ division: [Int], choice: [Int], edge: Int) -> [Int64] {
    parts(division, choice).enumerated().map { memory(stage: $0, first: $1.first, choice: $1.choice, edge: edge) }
  }

  /// First block and choices of each stage.
  private func parts(_ division: [Int], _ choice: [Int]) -> [(first: Int, choice: [Int])] {
    var first = 0
    return division.map { count in
      defer { first += count }
      return (first, Array(choice[first..<first + count]))
    }
  }

  /// Bytes of a stage under a choice of strategies.
  func memory(stage: Int, first: Int, choice: [Int], edge: Int) -> Int64 {
    let prices = edges(stage, edge) + choice.enumerated().map { price(stage, first + $0, $1) }
    return fixed[stage] + prices.reduce(0) { $0 + bytes($1, stage: stage) } + (prices.map(\.transient).max() ?? 0)
  }
}
