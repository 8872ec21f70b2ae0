import Costing
import Parallelism

/// A plan of the VLDB paper's search.
public struct VLDBPlan: Hashable, Sendable {
  /// Samples of an iteration.
  public let globalBatch: Int
  /// Pipeline degree.
  public let pipeline: Int
  /// Strategies of each stage's layers, first stage first.
  public let stages: [[LayerStrategy]]
  /// Modelled seconds of an iteration.
  public let iterationTime: Double
  /// MB used by stage; of a model with one kind of layer, the one figure for all stages.
  public let memory: [Int]

  /// Samples per second.
  public var throughput: Double { Double(globalBatch) / iterationTime }
}

/// The search of the VLDB paper's released code (Hsword/Hetu@3757771): batch sizes, pipeline degrees, and the dynamic
/// program on every stage.
public struct VLDBSearch: Sendable {
  /// What prices plans.
  public let costs: VLDBCostModel
  /// Which strategies compete.
  public let space: StrategySpace
  /// How layers are split over stages.
  let partition: GalvatronPartition
  /// Work done so far.
  public internal(set) var statistics = SearchStatistics()

  /// Sets up a search.
  public init(costs: VLDBCostModel, method: SearchMethod) {
    self.costs = costs
    partition = GalvatronPartition(method)
    let options = SpaceOptions(dimensions: [.pipeline, .data, .sharded, .tensor])
    space = method.restrict(
      StrategySpace(devices: costs.hardware.devices, options: options), devices: costs.hardware.devices)
  }

  /// Every strategy of the paper's space without recomputation, or a hand-made space.
  public init(costs: VLDBCostModel, space: StrategySpace, method: SearchMethod = .galvatron) {
    self.costs = costs
    self.space = space
    partition = GalvatronPartition(method)
  }

  /// The plan with the highest throughput, batch sizes growing from `step` by `step` until nothing fits.
  ///
  /// - Parameter memory: MB of a GPU.
  /// - Returns: `nil` when the smallest batch does not fit.
  public mutating func best(memory: Int, step: Int = 8) -> VLDBPlan? {
    var best: VLDBPlan?
    for batch in stride(from: step, to: 1024, by: step) {
      guard let plan = plan(globalBatch: batch, memory: memory) else { break }
      if best.map({ plan.throughput > $0.throughput }) ?? true { best = plan }
    }
    return best
  }

  /// The fastest plan of one batch size; the smaller pipeline degree wins a tie.
  public mutating func plan(globalBatch: Int, memory: Int) -> VLDBPlan? {
    var best: VLDBPlan?
    for stage in space.stages {
      guard let plan = plan(stage, globalBatch: globalBatch, memory: memory) else { continue }
      if best.map({ plan.iterationTime < $0.iterationTime }) ?? true { best = plan }
    }
    return best
  }

  /// The fastest plan of one pipeline degree; `nil` when none fits.
  private mutating func plan(_ stage: StrategySpace.Stage, globalBatch: Int, memory: Int) -> VLDBPlan? {
    let released = division(stage, globalBatch: globalBatch).flatMap {
      plan(
        stage, division: $0, globalBatch: globalBatch, memory: memory,
        isRepresentative: costs.model.layers.count == 1)
    }
    guard partition != .even else { return released }
    let own = balanced(stage, globalBatch: globalBatch, memory: memory)
    guard partition == .best else { return own }
    return [released, own].compactMap { $0 }.min { $0.iterationTime < $1.iterationTime }
  }

  /// The fastest plan of one pipeline degree and one partition; `nil` when a stage does not fit.
  ///
  /// - Parameter isRepresentative: Whether the first stage stands for all, as the release plans even stages of equal layers.
  mutating func plan(
    _ stage: StrategySpace.Stage, division: [Int], globalBatch: Int, memory: Int, isRepresentative: Bool = false
  ) -> VLDBPlan? {
    let problem = problem(stage, globalBatch: globalBatch)
    let edge = edgeMemory(stage, globalBatch: globalBatch)
    var stages: [[LayerStrategy]] = []
    var used: [Int] = []
    var time = 0.0
    var first = 0
    for (index, count) in division.prefix(isRepresentative ? 1 : division.count).enumerated() {
      let room = memory - edge[index]
      // The code refuses a stage whose edge memory leaves nothing at all.
      guard room > 0 || edge[index] == 0,
        let solution = solve(problem.part(first..<first + count), within: room)
      else { return nil }
      stages.append(solution.strategies.map { stage.strategies[$0] })
      used.append(edge[index] + solution.memory)
      time += solution.time
      first += count
    }
    if isRepresentative {
      stages = Array(repeating: stages[0], count: stage.pipeline)
      time *= Double(stage.pipeline)
    }
    return VLDBPlan(
      globalBatch: globalBatch, pipeline: stage.pipeline, stages: stages, iterationTime: time, memory: used)
  }

  private mutating func solve(_ problem: ChainProblem, within room: Int) -> ChainSolution? {
    var program = ChainStatistics()
    let solution = ChainSolver(problem).best(within: room, statistics: &program)
    statistics.add(program)
    if solution != nil { statistics.plansScored += 1 }
    return solution
  }

  /// Prices of all layers for the dynamic program, memory in whole MB.
  public func problem(_ stage: StrategySpace.Stage, globalBatch: Int) -> ChainProblem {
    let strategies = stage.strategies
    let transition = strategies.flatMap { source in
      strategies.map {
        costs.transition(from: source, to: $0, pipeline: stage.pipeline, globalBatch: globalBatch)
      }
    }
    let kinds = costs.model.layers.map { layer in
      let cases = strategies.map { given($0, stage, globalBatch) }
      return ChainProblem.Kind(
        memory: cases.map { Int(costs.memory(layer, $0).rounded(.up)) }, time: cases.map { costs.time(layer, $0) },
        transition: transition)
    }
    let order = costs.model.layers.enumerated().flatMap { Array(repeating: $0, count: $1.count) }
    return ChainProblem(kinds: kinds, order: order, strategyCount: strategies.count)
  }

  /// Whole MB outside the layers, by stage.
  func edgeMemory(_ stage: StrategySpace.Stage, globalBatch: Int) -> [Int] {
    guard let first = stage.strategies.first else { return [] }
    let memory = costs.edgeMemory(given(first, stage, globalBatch))
    guard costs.model.layers.count == 1 else { return memory.map { Int($0.rounded(.up)) } }
    let most = Int((memory.max() ?? 0).rounded(.up))
    return Array(repeating: most, count: stage.pipeline)
  }

  func given(_ strategy: LayerStrategy, _ stage: StrategySpace.Stage, _ batch: Int) -> VLDBCostModel.Case {
    VLDBCostModel.Case(strategy: strategy, pipeline: stage.pipeline, globalBatch: batch)
  }
}
