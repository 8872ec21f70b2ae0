import Costing
import Parallelism

/// One set of strategies of a task: the dynamic program of every stage, for every strategy of the edges.
struct GalvatronRound {
  let task: GalvatronTask
  let strategies: [LayerStrategy]
  /// MB of the global buffer.
  let buffer: Double
  /// Kind of each layer.
  let kindOfLayer: [Int]
  /// Times by kind of layer and strategy.
  let times: [[GalvatronCostModel.LayerTime]]

  init(task: GalvatronTask, strategies: [LayerStrategy], buffer: Double) {
    self.task = task
    self.strategies = strategies
    self.buffer = buffer
    let layers = task.costs.model.layers
    kindOfLayer = layers.enumerated().flatMap { Array(repeating: $0, count: $1.count) }
    times = layers.map { layer in strategies.map { task.costs.time(layer, task.given($0)) } }
  }

  /// The best plan in which every layer chooses; `nil` when none fits.
  func layerwise(_ statistics: inout SearchStatistics) -> GalvatronSearchPlan? {
    let tables = stageTables(&statistics)
    var best: GalvatronSearchPlan?
    for edge in strategies where edge.recompute == .none {
      guard let plan = plan(tables, edge: edge, edgeMemory: edgeMemory(edge)) else { continue }
      statistics.plansScored += 1
      if best.map({ plan.iterationTime < $0.iterationTime }) ?? true { best = plan }
    }
    return best
  }

  /// The best plan in which all layers and the edges share a strategy; `nil` when none fits.
  func uniform(_ statistics: inout SearchStatistics) -> GalvatronSearchPlan? {
    var best: GalvatronSearchPlan?
    for index in strategies.indices {
      var edge = strategies[index]
      edge.recompute = .none
      let choice = Array(repeating: index, count: kindOfLayer.count)
      let memory = memoryByStage(choice, edge: edge)
      guard memory.allSatisfy({ $0 <= task.memory }) else { continue }
      statistics.plansScored += 1
      let plan = scored(choice, division: task.division, edge: edge, memory: memory)
      if best.map({ plan.iterationTime < $0.iterationTime }) ?? true { best = plan }
    }
    return best
  }

  /// Whole MB of a stage outside its layers.
  func edgeMemory(_ edge: LayerStrategy) -> [Int] {
    task.costs.edgeMemory(task.given(edge)).map { Int($0.rounded(.up)) + Int(buffer) }
  }

  /// One table a stage; stages of equal prices and length share theirs.
  private func stageTables(_ statistics: inout SearchStatistics) -> [ChainTable] {
    var first = 0
    var solved: [(problem: ChainProblem, table: ChainTable)] = []
    return task.division.enumerated().map { stage, count in
      let problem = problem(stage: stage, layers: first..<first + count)
      first += count
      if let known = solved.first(where: { $0.problem == problem }) { return known.table }
      let table = ChainSolver(problem).table(upTo: task.memory)
      statistics.add(table.statistics)
      solved.append((problem, table))
      return table
    }
  }

  func problem(stage: Int, layers: Range<Int>) -> ChainProblem {
    let costs = task.costs
    let kinds = costs.model.layers.enumerated().map { kind, layer in
      ChainProblem.Kind(
        memory: strategies.map { Int(costs.memory(layer, task.given($0), stage: stage).rounded(.up)) },
        time: times[kind].map(\.synchronizing),
        transition: strategies.flatMap { source in
          strategies.map { costs.transition(from: source, to: $0, layer, task.given($0)) }
        })
    }
    return ChainProblem(kinds: kinds, order: Array(kindOfLayer[layers]), strategyCount: strategies.count)
  }

  private func plan(_ tables: [ChainTable], edge: LayerStrategy, edgeMemory: [Int]) -> GalvatronSearchPlan? {
    var choice: [Int] = []
    var memory: [Int] = []
    for (stage, table) in tables.enumerated() {
      guard let solution = table.solution(within: task.memory - edgeMemory[stage]) else { return nil }
      choice += solution.strategies
      memory.append(solution.memory + edgeMemory[stage])
    }
    return scored(choice, division: task.division, edge: edge, memory: memory)
  }

  private func memoryByStage(_ choice: [Int], edge: LayerStrategy) -> [Int] {
    let edgeMemory = task.costs.edgeMemory(task.given(edge))
    var first = 0
    return task.division.enumerated().map { stage, count in
      let layers = first..<first + count
      first += count
      return layers.reduce(Int(buffer.rounded(.up)) + Int(edgeMemory[stage].rounded(.up))) {
        let layer = task.costs.model.layers[kindOfLayer[$1]]
        return $0
          + Int(task.costs.memory(layer, task.given(strategies[choice[$1]]), stage: stage).rounded(.up))
      }
    }
  }

  /// A plan with the time of the whole iteration.
  func scored(_ choice: [Int], division: [Int], edge: LayerStrategy, memory: [Int]) -> GalvatronSearchPlan {
    var synchronizing: [Double] = []
    var plain = task.costs.edgeTime(task.given(edge))
    var first = 0
    for (stage, count) in division.enumerated() {
      let layers = (first..<first + count).map { times[kindOfLayer[$0]][choice[$0]] }
      synchronizing.append(layers.reduce(0) { $0 + $1.synchronizing })
      plain[stage] += layers.reduce(0) { $0 + $1.plain }
      first += count
    }
    return GalvatronSearchPlan(
      globalBatch: task.globalBatch, microBatches: task.microBatches, division: division,
      layers: choice.map { strategies[$0] }, edge: edge,
      iterationTime: GalvatronCostModel.iterationTime(
        synchronizing: synchronizing, plain: plain, microBatches: task.microBatches),
      memory: memory, steps: plain)
  }
}
