import ClusterSimulation
import Costing
import Parallelism
import Planning
import Quantities
import ScenarioIO

/// Who decides between plans.
public enum SearchEvaluator: String, CaseIterable, Hashable, Sendable {
  /// The simulator judges what the formula found.
  case simulated
  /// The formula alone.
  case analytic
}

/// Whose costs the search uses.
public enum SearchCostModel: String, CaseIterable, Hashable, Sendable {
  /// The simulator's.
  case auto
  /// The simulator's, with kernels priced by the device's table.
  case table
  /// The simulator's, with kernels priced by the device's roofline.
  case roofline
  /// Galvatron's, from its profiles.
  case galvatron
}

/// How to search.
public struct SearchOptions: Sendable {
  /// Which plans.
  public var method = SearchMethod.bmw
  /// Who decides.
  public var evaluator = SearchEvaluator.simulated
  /// Whose costs.
  public var costModel = SearchCostModel.auto
  /// Folder of Galvatron's profiles.
  public var profiles: String?
  /// What may vary; the scenario's when `nil`.
  public var dimensions: [SearchDimension]?
  /// Into how many parts a dimension may split.
  public var degrees = TreeDegrees.powersOfTwo
  /// Whether pruning rules take candidates out.
  public var prunes = true
  /// Batch sizes; the scenario's when `nil`.
  public var globalBatches: [Int]?
  /// Micro-batches; all divisors when `nil`.
  public var microBatches: [Int]?
  /// Plans to list.
  public var top = 5
  /// Most rounds of simulation and correction.
  public var rounds = 4
  /// Where finalists are judged.
  public var network = NetworkChoice.shared
  /// Whether memory is searched to the byte instead of in whole MiB.
  public var usesExactBytes = false
  /// Asked between parts of the work.
  public var isCancelled: @Sendable () -> Bool = { false }
  /// Told what is looked at.
  public var progress: @Sendable (String) -> Void = { _ in }

  /// The defaults.
  public init() {}
}

/// A scenario's search and what came of it: what its reports are made from.
public struct SearchRun: Sendable {
  /// One plan of the list.
  public struct Entry: Sendable {
    /// The plan.
    public let plan: ParallelPlan
    /// Sequences of an iteration.
    public let globalBatch: Int
    /// Seconds by the formula.
    public let analyticTime: Double
    /// Seconds by the simulator with every group's network to itself; `nil` as below.
    public let replayedTime: Double?
    /// Seconds by the simulator on the network finalists are judged on; `nil` when it was not asked or the plan does not
    /// fit.
    public let simulatedTime: Double?
    /// Bytes by stage: the simulator's where it was asked, else the formula's.
    public let peaks: [Int64]
    /// Bytes the framework's allocator holds, by stage: the simulator's where it was asked, else the formula's peak in whole
    /// segments of 2 MiB.
    public let reserved: [Int64]
    /// Evenness of time over stages; `nil` where the cost model has none.
    public let timeBalance: Double?
    /// Evenness of memory over stages.
    public let memoryBalance: Double

    /// Sequences per second, by the simulator where it was asked.
    public var throughput: Double { Double(globalBatch) / (simulatedTime ?? analyticTime) }
  }

  /// The scenario.
  public let scenario: Scenario
  /// How it was searched.
  public let options: SearchOptions
  /// The cost model, for people and files.
  public let costModel: String
  /// Bytes a GPU may use.
  public let memoryLimit: Int64
  /// The best plans, best first.
  public let entries: [Entry]
  /// The plan the formula alone would have taken.
  public let analyticWinner: Entry?
  /// What each round of simulation found.
  public let rounds: [SearchRound]
  /// What was left out.
  public let rejected: [RejectedPlan]
  /// Work done.
  public private(set) var statistics: SearchStatistics
  /// Strategies of the space, and the candidates that rules or the method leave out.
  public let strategies: (all: Int, pruned: Int)
  /// Seconds below which no plan of the space is, for the best plan's batch; by the formula.
  public let lowerBound: Double?
  /// Seconds of the best plan by the formula that the bound belongs to.
  public let boundedTime: Double?
  /// What came nearest to fitting, and the bytes by which it missed.
  public let nearest: (plan: ParallelPlan, missing: Int64)?

  /// Whether no plan can be used.
  public var isInfeasible: Bool {
    entries.allSatisfy { options.evaluator == .simulated && $0.simulatedTime == nil }
  }

  /// Searches a scenario.
  ///
  /// - Throws: ``InputError`` when Galvatron's profiles cannot be used.
  public init(_ scenario: Scenario, options: SearchOptions) throws(InputError) {
    var session = SearchSession()
    try self.init(scenario, options: options, in: &session)
  }

  /// Searches a scenario with what other searches of its model and cluster have compiled and simulated.
  ///
  /// - Throws: ``InputError`` when Galvatron's profiles cannot be used.
  public init(_ scenario: Scenario, options: SearchOptions, in session: inout SearchSession) throws(InputError) {
    self =
      options.costModel == .galvatron
      ? try Self.galvatron(scenario, options) : Self.own(scenario, options, &session)
  }

  /// What may vary when nobody says: the dimensions of the paper, and those the scenario's plan uses.
  public static func defaultDimensions(_ scenario: Scenario) -> [SearchDimension] {
    var found: [SearchDimension] = [.pipeline, .data, .sharded, .tensor, .checkpoint]
    let layers = scenario.plan.layers
    if layers.contains(where: { $0.zero == .optimizer }) { found.append(.zero1) }
    if layers.contains(where: { $0.zero == .gradients }) { found.append(.zero2) }
    if layers.contains(where: \.sequenceParallel) { found.append(.sequence) }
    if layers.contains(where: { $0.ulysses > 1 }) { found.append(.ulysses) }
    if layers.contains(where: { $0.contextParallel > 1 }) { found.append(.context) }
    if layers.contains(where: { $0.expertParallel > 1 }) { found.append(.expert) }
    return found
  }

  /// Searches one scenario under several memory limits: the formula's part in one pass, the simulator's for each.
  ///
  /// - Parameter scenarios: The scenario under each limit, alike in all else; at least one.
  /// - Throws: ``InputError`` when Galvatron's profiles cannot be used.
  public static func curve(
    _ scenarios: [Scenario], options: SearchOptions, in session: inout SearchSession
  ) throws(InputError) -> [SearchRun] {
    guard options.costModel != .galvatron, let first = scenarios.first else {
      var runs: [SearchRun] = []
      for scenario in scenarios { runs.append(try SearchRun(scenario, options: options, in: &session)) }
      return runs
    }
    let outcomes = PlanSearch.outcomes(
      request(first, options), limits: scenarios.map { $0.setup().memoryCapacity.count }, in: &session)
    return zip(scenarios, outcomes).map { finished($0, options, $1, &session) }
  }

  /// A search with the simulator's own costs.
  private static func own(
    _ scenario: Scenario, _ options: SearchOptions, _ session: inout SearchSession
  ) -> SearchRun {
    finished(scenario, options, PlanSearch(request(scenario, options)).run(in: &session), &session)
  }

  private static func request(_ scenario: Scenario, _ options: SearchOptions) -> PlanRequest {
    var space = SpaceOptions(dimensions: options.dimensions ?? defaultDimensions(scenario))
    space.degrees = options.degrees
    space.prunes = options.prunes
    var request = PlanRequest(setup: scenario.setup(), space: space)
    request.method = options.method
    request.globalBatches = options.globalBatches ?? request.globalBatches
    request.microBatches = options.microBatches
    request.memoryUnit = options.usesExactBytes ? 1 : 1 << 20
    request.count = options.top
    request.isCancelled = options.isCancelled
    request.progress = options.progress
    return request
  }

  /// The simulator's part of a search.
  private static func finished(
    _ scenario: Scenario, _ options: SearchOptions, _ outcome: SearchOutcome, _ session: inout SearchSession
  ) -> SearchRun {
    guard options.evaluator == .simulated else {
      return SearchRun(scenario, options, entries: outcome.plans.map { Entry($0) }, judged: nil, outcome: outcome)
    }
    let judged = SimulatedSearch(request(scenario, options), rounds: options.rounds, network: options.network)
      .run(from: outcome, in: &session)
    return SearchRun(
      scenario, options, entries: judged.plans.map { Entry($0) }, judged: judged, outcome: judged.outcome)
  }

  private init(
    _ scenario: Scenario, _ options: SearchOptions, entries: [Entry], judged: JudgedOutcome?, outcome: SearchOutcome
  ) {
    self.scenario = scenario
    self.options = options
    costModel = "simulator (\(scenario.kernelCosts.choice.rawValue))"
    memoryLimit = scenario.setup().memoryCapacity.count
    self.entries = entries
    analyticWinner = judged?.analyticWinner.map { Entry($0) }
    rounds = judged?.rounds ?? []
    rejected = (judged?.rejected ?? []) + outcome.rejected
    statistics = outcome.statistics
    strategies = (outcome.strategies, outcome.pruned)
    lowerBound = outcome.lowerBound
    boundedTime = outcome.plans.first?.analyticTime
    nearest = outcome.nearest.map { ($0.plan.plan, $0.missing) }
  }

  /// The parts as they are.
  init(
    scenario: Scenario, options: SearchOptions, costModel: String, entries: [Entry], rejected: [RejectedPlan] = [],
    statistics: SearchStatistics,
    strategies: (all: Int, pruned: Int)
  ) {
    self.scenario = scenario
    self.options = options
    self.costModel = costModel
    memoryLimit = scenario.setup().memoryCapacity.count
    self.entries = entries
    analyticWinner = nil
    rounds = []
    self.rejected = rejected
    self.statistics = statistics
    if options.evaluator == .simulated { self.statistics.plansSimulated += entries.count }
    self.strategies = strategies
    lowerBound = nil
    boundedTime = nil
    nearest = nil
  }
}

extension SearchRun.Entry {
  /// A plan by the formula.
  init(_ found: FoundPlan) {
    self.init(
      plan: found.plan, globalBatch: found.globalBatch, analyticTime: found.analyticTime, replayedTime: nil,
      simulatedTime: nil,
      peaks: found.memory, reserved: Self.whole(found.memory), timeBalance: found.timeBalance,
      memoryBalance: found.memoryBalance)
  }

  /// A plan by the simulator.
  init(_ judged: JudgedPlan) {
    self.init(
      plan: judged.found.plan, globalBatch: judged.found.globalBatch, analyticTime: judged.found.analyticTime,
      replayedTime: judged.replayedTime, simulatedTime: judged.simulatedTime,
      peaks: judged.peaks.isEmpty ? judged.found.memory : judged.peaks,
      reserved: judged.reserved.isEmpty ? Self.whole(judged.found.memory) : judged.reserved,
      timeBalance: judged.found.timeBalance,
      memoryBalance: BalancedPartition.degree(judged.peaks.map { Double($0) }))
  }

  /// Peaks in whole segments.
  static func whole(_ peaks: [Int64]) -> [Int64] {
    peaks.map { Bytes($0).roundedUp(toMultipleOf: AllocatorRules.hugeRounding).count }
  }
}
