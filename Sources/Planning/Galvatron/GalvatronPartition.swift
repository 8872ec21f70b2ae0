import Costing
import Parallelism

/// How a search with Galvatron's costs splits layers over stages.
enum GalvatronPartition: Hashable, Sendable {
  /// As the release does it: evenly, or greedily by memory where layers differ in the 2022 code.
  case even
  /// The fullest stage as empty as can be.
  case memoryBalanced
  /// The slowest stage as fast as can be.
  case timeBalanced
  /// The release's split, and what lies between the two balanced ones.
  case best

  /// The split a method names.
  init(_ method: SearchMethod) {
    switch method {
    case .memoryBalanced: self = .memoryBalanced
    case .timeBalanced: self = .timeBalanced
    case .bmw: self = .best
    default: self = .even
    }
  }
}

extension GalvatronSearchPlan: PartitionPlan {
  var fullest: Int64 { Int64(memory.max() ?? 0) }
  var time: Double { iterationTime }
}

extension GalvatronRound {
  /// The best plan in which every layer chooses, over the partitions the search allows; `nil` when none fits.
  func balanced(_ statistics: inout SearchStatistics) -> GalvatronSearchPlan? {
    var tables = PrefixTables()
    var best: GalvatronSearchPlan?
    for edge in strategies where edge.recompute == .none {
      let edgeMemory = edgeMemory(edge)
      var plan: GalvatronSearchPlan?
      func solved(_ division: [Int]) -> GalvatronSearchPlan? {
        statistics.plansScored += 1
        return solve(division, edge: edge, edgeMemory, &tables)
      }
      let byMemory = memoryBalanced(edgeMemory)
      let byTime = timeBalanced(edge)
      guard let byMemory, let byTime else { continue }
      switch task.partition {
      case .memoryBalanced: plan = solved(byMemory)
      case .timeBalanced: plan = solved(byTime)
      case .even, .best:
        let walked = PartitionWalk.best(memoryBalanced: byMemory, timeBalanced: byTime) { solved($0) }
        plan = [walked, solved(task.division)].compactMap { $0 }.min { $0.iterationTime < $1.iterationTime }
      }
      if let plan, best.map({ plan.iterationTime < $0.iterationTime }) ?? true { best = plan }
    }
    statistics.add(tables.statistics)
    return best
  }

  private func memoryBalanced(_ edgeMemory: [Int]) -> [Int]? {
    let layers = task.costs.model.layers
    let weights = task.division.indices.map { stage in
      layers.map { layer in
        strategies.map { task.costs.memory(layer, task.given($0), stage: stage) }.min() ?? 0
      }
    }
    return BalancedPartition.division(
      layers: kindOfLayer.count, stages: task.division.count, extra: edgeMemory.map(Double.init)
    ) { weights[$0][kindOfLayer[$1]] }
  }

  private func timeBalanced(_ edge: LayerStrategy) -> [Int]? {
    let weights = times.map { $0.map(\.plain).min() ?? 0 }
    return BalancedPartition.division(
      layers: kindOfLayer.count, stages: task.division.count, extra: task.costs.edgeTime(task.given(edge))
    ) { weights[kindOfLayer[$1]] }
  }

  private func solve(
    _ division: [Int], edge: LayerStrategy, _ edgeMemory: [Int], _ tables: inout PrefixTables
  ) -> GalvatronSearchPlan? {
    var choice: [Int] = []
    var memory: [Int] = []
    var first = 0
    for (stage, count) in division.enumerated() {
      let table = tables.table(stage: stage, first: first, layers: count) { layers in
        ChainSolver(problem(stage: stage, layers: layers)).table(upTo: task.memory, servesPrefixes: true)
      }
      guard let solution = table.solution(within: task.memory - edgeMemory[stage], layers: count) else { return nil }
      choice += solution.strategies
      memory.append(solution.memory + edgeMemory[stage])
      first += count
    }
    return scored(choice, division: division, edge: edge, memory: memory)
  }
}

/// Solved programs by stage and first layer, each for the most layers it was asked for.
struct PrefixTables {
  private struct Place: Hashable {
    var stage: Int
    var first: Int
  }

  private var known: [Place: (layers: Int, table: ChainTable)] = [:]
  /// Programs solved.
  private(set) var statistics = SearchStatistics()

  /// The table of a stage's layers from `first` on, solved when it is not known for that many layers.
  mutating func table(
    stage: Int, first: Int, layers: Int, solve: (Range<Int>) -> ChainTable
  ) -> ChainTable {
    let place = Place(stage: stage, first: first)
    if let found = known[place], found.layers >= layers { return found.table }
    let table = solve(first..<first + layers)
    statistics.add(table.statistics)
    known[place] = (layers, table)
    return table
  }
}
