/// The dynamic program over layers, memory and strategies, exact: no memory axis, but the Pareto front of memory and time
/// for every layer and last strategy.
///
/// The recurrence is Galvatron's (PVLDB 16(3), section 3.3): `C(l, e, s) = min over s' of C(l-1, e - M(l,s), s') +
/// R(s', s) + c(l, s)`. Times are added in its order, so that equal choices have equal bits.
public struct ChainSolver: Sendable {
  /// The problem as given.
  public let problem: ChainProblem
  /// Strategies that are left after dominance, as indices of ``problem``.
  private let kept: [Int]
  /// The problem of those.
  private let reduced: ChainProblem
  /// Least memory of the layers after each layer.
  private let rest: [Int]

  /// Prepares a problem; `prunes` drops dominated strategies first.
  public init(_ problem: ChainProblem, prunes: Bool = true) {
    self.problem = problem
    kept = prunes ? StrategyDominance.survivors(of: problem) : Array(0..<problem.strategyCount)
    reduced = kept.count == problem.strategyCount ? problem : problem.keeping(kept)
    var rest = [Int](repeating: 0, count: problem.layerCount)
    for layer in stride(from: problem.layerCount - 2, through: 0, by: -1) {
      let kind = reduced.kinds[reduced.order[layer + 1]]
      rest[layer] = rest[layer + 1] + (kind.memory.min() ?? 0)
    }
    self.rest = rest
  }

  /// The fastest choice within a memory limit; `nil` when nothing fits.
  ///
  /// Partial choices that a relaxation proves too slow are dropped (``ChainBound``), so the front of one limit is small.
  public func best(within limit: Int) -> ChainSolution? {
    var statistics = ChainStatistics()
    return best(within: limit, statistics: &statistics)
  }

  /// The same, and how much work it took.
  public func best(within limit: Int, statistics: inout ChainStatistics) -> ChainSolution? {
    guard limit >= 0 else { return nil }
    let limit = min(limit, ChainProblem.maximumMemory - 1)
    let relaxation = ChainRelaxation(reduced, limit: limit)
    guard !Self.isUnlimited(relaxation) else { return relaxation.incumbent.map(named) }
    let table = table(upTo: limit, relaxation: relaxation)
    statistics += table.statistics
    return table.solution(within: limit)
  }

  /// Whether the fastest choice of all fits.
  private static func isUnlimited(_ relaxation: ChainRelaxation) -> Bool {
    relaxation.bounds.count == 1 && relaxation.incumbent != nil
  }

  /// Every efficient pair of memory and time up to a limit: one table for all limits below.
  ///
  /// - Parameter servesPrefixes: Whether the table also has to answer for its first layers alone; without it partial
  ///   choices that leave no room for the later layers are dropped.
  public func table(upTo limit: Int, servesPrefixes: Bool = false) -> ChainTable {
    table(upTo: min(limit, ChainProblem.maximumMemory - 1), relaxation: nil, servesPrefixes: servesPrefixes)
  }

  private func named(_ solution: ChainSolution) -> ChainSolution {
    ChainSolution(strategies: solution.strategies.map { kept[$0] }, memory: solution.memory, time: solution.time)
  }

  private func table(
    upTo limit: Int, relaxation: ChainRelaxation?, servesPrefixes: Bool = false
  ) -> ChainTable {
    let rest = servesPrefixes ? Array(repeating: 0, count: rest.count) : rest
    var layers = [firstLabels(limit, rest[0], relaxation)]
    var statistics = ChainStatistics()
    statistics.strategies = kept.count
    statistics.labels = layers[0].count
    for layer in 1..<max(1, reduced.layerCount) {
      let kind = reduced.kinds[reduced.order[layer]]
      let frontier = ChainFrontier(layers[layer - 1], next: kind, strategies: reduced.strategyCount)
      let filter = LabelFilter(reduced, layer: layer, limit: limit - rest[layer], total: limit, relaxation)
      layers.append(extend(frontier, kind, filter))
      statistics.labels += layers[layer].count
      statistics.candidates += frontier.labels.count * reduced.strategyCount
    }
    return ChainTable(layers: layers, kept: kept, statistics: statistics)
  }

  private func firstLabels(_ limit: Int, _ rest: Int, _ relaxation: ChainRelaxation?) -> ChainLabels {
    let kind = reduced.kinds[reduced.order[0]]
    let filter = LabelFilter(reduced, layer: 0, limit: limit - rest, total: limit, relaxation)
    var labels = ChainLabels()
    for strategy in 0..<reduced.strategyCount {
      let (memory, time) = (kind.memory[strategy], kind.time[strategy])
      if filter.keeps(memory: memory, time: time, strategy: strategy) {
        labels.append(memory: memory, time: time, parent: -1)
      }
      labels.closeStrategy()
    }
    return labels
  }

  /// All ways to go on from a frontier.
  private func extend(
    _ frontier: ChainFrontier, _ kind: ChainProblem.Kind, _ filter: LabelFilter
  ) -> ChainLabels {
    var labels = ChainLabels()
    for strategy in 0..<reduced.strategyCount {
      let (memory, time) = (kind.memory[strategy], kind.time[strategy])
      var best = Double.infinity
      for index in frontier.labels.indices {
        let needed = frontier.memory[index] + memory
        if needed > filter.limit { break }
        let taken = frontier.time[index] + kind.transition[frontier.row[index] + strategy] + time
        guard taken < best else { continue }
        best = taken
        if filter.keeps(memory: needed, time: taken, strategy: strategy) {
          labels.append(memory: needed, time: taken, parent: frontier.labels[index])
        }
      }
      labels.closeStrategy()
    }
    return labels
  }
}

/// Which partial choices after a layer are worth keeping.
private struct LabelFilter {
  /// Most memory that leaves room for the layers to come.
  let limit: Int
  private let total: Int
  private let rates: [Double]
  private let completions: [Double]
  private let strategies: Int
  private let worst: Double

  init(_ problem: ChainProblem, layer: Int, limit: Int, total: Int, _ relaxation: ChainRelaxation?) {
    self.limit = limit
    self.total = total
    let count = problem.strategyCount
    strategies = count
    // Rounding of sums in another order never exceeds this share, so nothing that ties is lost.
    worst = (relaxation?.incumbent?.time).map { $0 + $0.magnitude * 1e-9 } ?? .infinity
    let bounds = worst < .infinity ? relaxation?.bounds ?? [] : []
    rates = bounds.map(\.rate)
    completions = bounds.flatMap { $0.completion[layer * count..<(layer + 1) * count] }
  }

  /// Whether a choice may still become the best.
  @inline(__always)
  func keeps(memory: Int, time: Double, strategy: Int) -> Bool {
    guard memory <= limit else { return false }
    let slack = Double(total - memory)
    for index in rates.indices {
      if time + completions[index * strategies + strategy] - rates[index] * slack > worst { return false }
    }
    return true
  }
}

/// A solved program: choices of every efficient pair of memory and time.
public struct ChainTable: Sendable {
  private let layers: [ChainLabels]
  private let kept: [Int]
  /// How much work it took.
  public let statistics: ChainStatistics

  init(layers: [ChainLabels], kept: [Int], statistics: ChainStatistics) {
    self.layers = layers
    self.kept = kept
    self.statistics = statistics
  }

  /// The fastest choice within a limit up to the table's; `nil` when nothing fits.
  public func solution(within limit: Int) -> ChainSolution? {
    solution(within: limit, layers: layers.count)
  }

  /// The fastest choice for the first layers alone; `nil` when nothing fits.
  ///
  /// - Precondition: the table has that many layers, and at least one is asked for.
  public func solution(within limit: Int, layers count: Int) -> ChainSolution? {
    guard let label = layers[count - 1].best(within: limit) else { return nil }
    let last = layers[count - 1]
    return ChainSolution(
      strategies: choice(label, layers: count), memory: last.memory[label], time: last.time[label])
  }

  /// Seconds of ``solution(within:layers:)``, without its choices.
  func time(within limit: Int, layers count: Int) -> Double? {
    layers[count - 1].best(within: limit).map { layers[count - 1].time[$0] }
  }

  /// Every efficient pair: memory ascending, time descending.
  public var front: [(memory: Int, time: Double)] {
    guard let last = layers.last else { return [] }
    let order = (0..<last.count).sorted {
      last.memory[$0] != last.memory[$1] ? last.memory[$0] < last.memory[$1] : last.time[$0] < last.time[$1]
    }
    var front: [(memory: Int, time: Double)] = []
    for label in order where front.last.map({ last.time[label] < $0.time }) ?? true {
      front.append((last.memory[label], last.time[label]))
    }
    return front
  }

  /// Strategies from the first layer to a label of a later one.
  private func choice(_ label: Int, layers count: Int) -> [Int] {
    var strategies: [Int] = []
    var label = label
    for labels in layers[..<count].reversed() {
      strategies.append(kept[labels.strategy(of: label)])
      label = Int(labels.parent[label])
    }
    return strategies.reversed()
  }
}
