/// What a search has found for one memory limit.
struct PlanShelf {
  /// Bytes a GPU may use.
  let limit: Int64
  /// Work done for this limit alone.
  var statistics = SearchStatistics()
  private var candidates: [FoundPlan] = []
  /// The fastest plans of each pure method, fastest first.
  private var pure: [SearchMethod: [FoundPlan]] = [:]
  /// Sequences per second of the best plan so far.
  private var best = 0.0
  /// Least seconds per sequence any plan can reach.
  private(set) var bound = Double.infinity
  /// What misses the limit least while nothing fits, and the bytes by which it misses.
  private(set) var nearest: (plan: FoundPlan, missing: Int64)?

  /// Whether no plan was found.
  var isEmpty: Bool { candidates.isEmpty }

  init(limit: Int64) { self.limit = limit }

  /// How much slower than the best a plan may be by the formula and still be looked at: well beyond, because the simulator
  /// may turn the order of near plans around.
  private static let margin = 1.5

  /// Adds the plans of a frame that take one partition, or one walk, for each strategy of the edges.
  mutating func add(_ frame: PlanFrame, _ partitions: inout PartitionSearch) {
    let target = best > 0 ? Self.margin * Double(frame.batch) / best : .infinity
    guard frame.floor <= target else { return }
    addPure(frame, &partitions)
    for edge in frame.edges {
      var found: PartitionedPlan?
      switch frame.method {
      case .bmw: found = partitions.walk(edge: edge)
      case .memoryBalanced:
        found = partitions.memoryBalancedDivision(edge: edge).flatMap { partitions.plan(division: $0, edge: edge) }
      case .timeBalanced:
        found = partitions.timeBalancedDivision(edge: edge).flatMap { partitions.plan(division: $0, edge: edge) }
      default: found = partitions.evenDivision().flatMap { partitions.plan(division: $0, edge: edge) }
      }
      if let found {
        add(frame.plan(found))
      } else if candidates.isEmpty {
        noteNearest(frame, &partitions, edge: edge)
      }
    }
  }

  /// Plans a pure method may put before the simulator.
  private static let purePlans = 3

  /// Adds the frame's plans of pure methods: their simulation is not far from the formula's, and a larger space must not miss
  /// what a smaller one finds.
  private mutating func addPure(_ frame: PlanFrame, _ partitions: inout PartitionSearch) {
    guard let division = partitions.evenDivision() else { return }
    for (index, strategy) in frame.table.strategies.enumerated() {
      for method in SearchMethod.pure
      where method.allows(strategy, pipeline: division.count, devices: strategy.devices * division.count) {
        let choice = Array(repeating: index, count: frame.table.kindOfBlock.count)
        let found = partitions.finished(division, choice: choice, edge: index)
        guard zip(found.memory, partitions.solver.limits).allSatisfy({ $0 <= $1 }) else { continue }
        let plan = frame.plan(found)
        let plans = Self.sorted((pure[method] ?? []) + [plan])
        pure[method] = Array(plans.prefix(Self.purePlans))
        best = max(best, plan.throughput)
        candidates.append(plan)
      }
    }
  }

  /// Plans of pure methods that are not far behind, for the simulator.
  var baselines: [FoundPlan] {
    SearchMethod.pure.flatMap { pure[$0] ?? [] }.filter { $0.throughput * Self.margin >= best }
  }

  /// Looks for the frame's best partition of all, and bounds what its plans can reach. What cannot beat the best plan so far is
  /// not looked at: the walk's plans of the frame stay in the list for the simulator.
  mutating func improve(_ frame: PlanFrame, _ partitions: inout PartitionSearch) {
    for edge in frame.edges {
      let target = best > 0 ? Double(frame.batch) / best : .infinity
      guard frame.floor <= target else {
        bound = min(bound, target / Double(frame.batch))
        return
      }
      let (found, bound) = partitions.optimal(edge: edge, below: target)
      self.bound = min(self.bound, bound.lower / Double(frame.batch))
      if let found { add(frame.plan(found)) }
    }
  }

  private mutating func add(_ plan: FoundPlan) {
    candidates.append(plan)
    best = max(best, plan.throughput)
  }

  /// Remembers what misses the limit least when nothing fits: every block under its smallest strategy.
  private mutating func noteNearest(_ frame: PlanFrame, _ partitions: inout PartitionSearch, edge: Int) {
    guard let division = partitions.memoryBalancedDivision(edge: edge) else { return }
    let table = partitions.solver.table
    var choice: [Int] = []
    var first = 0
    for (stage, count) in division.enumerated() {
      choice += (first..<first + count).map { block in
        table.strategies.indices.min {
          table.bytes(table.price(stage, block, $0), stage: stage)
            < table.bytes(table.price(stage, block, $1), stage: stage)
        } ?? 0
      }
      first += count
    }
    let plan = frame.plan(partitions.finished(division, choice: choice, edge: edge))
    let missing = zip(plan.memory, partitions.solver.limits).map { $0 - $1 }.max() ?? 0
    if nearest.map({ missing < $0.missing }) ?? true { nearest = (plan, missing) }
  }

  /// The fastest plans per sequence, one for each pipeline degree, number of micro-batches and batch size first, then the
  /// others; fastest first.
  func distinct(count: Int) -> [FoundPlan] {
    let sorted = Self.sorted(candidates)
    var chosen: [FoundPlan] = []
    for isStrict in [true, false] {
      for plan in sorted where chosen.count < count && !chosen.contains(plan) {
        let isLike = chosen.contains { $0.isLike(plan, isStrict: isStrict) }
        if !isLike { chosen.append(plan) }
      }
    }
    return Self.sorted(chosen)
  }

  private static func sorted(_ plans: [FoundPlan]) -> [FoundPlan] {
    plans.enumerated().sorted {
      $0.element.throughput != $1.element.throughput
        ? $0.element.throughput > $1.element.throughput : $0.offset < $1.offset
    }.map(\.element)
  }
}
