import Costing
import Hardware
import Parallelism
import Quantities
import Workload

/// Which executor replays a compiled plan.
public enum ExecutorChoice: String, CaseIterable, Hashable, Sendable {
  /// The fastest that gives the right answer.
  case auto
  /// Event by event, in time order.
  case events
  /// Without a queue; only where nothing is shared.
  case replay
}

/// How messages and collectives use the network.
public enum NetworkChoice: String, CaseIterable, Hashable, Sendable {
  /// Every group takes its closed-form time, whatever else communicates.
  case ideal
  /// Collectives and messages are flows that share links at max-min fair rates; event by event only.
  case shared
}

/// Why a setup cannot be simulated.
public enum SimulationError: Error, Hashable, Sendable {
  /// The plan does not fit the model, the job or the number of devices.
  case invalidPlan([PlanViolation])
  /// The device cannot compute in the job's number format.
  case unsupportedFormat(NumberFormat, device: String, supported: [NumberFormat])
  /// A time or an amount of memory exceeds what the clock or the ledger can hold.
  case outOfRange(String)
  /// The cluster's links do not connect what must communicate; names the links.
  case network(String)
  /// The schedule can never end.
  case deadlock(Deadlock)
}

extension SimulationError {
  /// More tasks than memory holds.
  static let tooManyTasks = SimulationError.outOfRange(
    "the iteration has more than \(TrainingSimulation.maximumTasks) tasks on the simulated ranks; "
      + "raise job.micro_batch or lower job.global_batch, and do not expand ranks")
}

extension SimulationError: CustomStringConvertible {
  /// What was found, what to do.
  public var description: String {
    switch self {
    case .invalidPlan(let violations): violations.map(\.description).joined(separator: "\n")
    case .unsupportedFormat(let format, let device, let supported):
      "job.precision: \(device) cannot compute in \(format.rawValue); use one of "
        + supported.map(\.rawValue).joined(separator: ", ")
    case .outOfRange(let what), .network(let what): what
    case .deadlock(let deadlock): deadlock.description
    }
  }
}

/// Replays one training iteration.
public struct TrainingSimulation: Sendable {
  /// What is simulated.
  public let setup: TrainingSetup
  private let layout: StageLayout
  private let sizes: [Int]

  /// Most tasks of all simulated ranks together: 8 GB of times.
  static let maximumTasks = 500_000_000
  /// Most steps of the pipeline ranks together (forward and backward passes counted once).
  static let maximumSteps = 2_000_000

  /// Validates a setup.
  ///
  /// - Throws: ``SimulationError`` with every reason found.
  public init(_ setup: TrainingSetup) throws(SimulationError) {
    let violations = setup.plan.violations(model: setup.model, job: setup.job, devices: setup.cluster.deviceCount)
    guard violations.isEmpty else { throw .invalidPlan(violations) }
    for device in setup.cluster.devices where device.peak(for: setup.job.format) == nil {
      throw .unsupportedFormat(
        setup.job.format, device: device.name, supported: NumberFormat.allCases.filter { device.peak(for: $0) != nil })
    }
    let steps = setup.plan.layersPerStage.count.multipliedReportingOverflow(by: setup.plan.microBatches)
    guard !steps.overflow, steps.partialValue <= Self.maximumSteps else { throw .tooManyTasks }
    guard let schedule = ScheduleCatalog.schedule(for: setup.plan.schedule) else {
      throw .outOfRange("plan.schedule: unknown schedule")
    }
    guard let batching = try? setup.plan.microBatching(globalBatch: setup.job.globalBatch) else {
      throw .outOfRange("plan.micro_batches: the global batch cannot be cut as asked")
    }
    self.setup = setup
    sizes = batching.sizes
    layout = StageLayout(setup: setup, schedule: schedule)
  }

  /// Compiles the plan and wires up the ranks, without running anything.
  ///
  /// - Parameters:
  ///   - expandRanks: Every rank, not one of each class.
  ///   - costs: What kernels cost; the setup's choice when left out.
  /// - Throws: ``SimulationError/outOfRange(_:)`` when there would be too many tasks.
  public func compile(
    expandRanks: Bool = false, costs: (any CostModel)? = nil
  ) throws(SimulationError) -> (programs: ProgramSet, map: RankMap) {
    try compile(RankClasses(setup: setup, layout: layout), expandRanks: expandRanks, costs: costs)
  }

  private func compile(
    _ classes: RankClasses, expandRanks: Bool, costs: (any CostModel)?
  ) throws(SimulationError) -> (programs: ProgramSet, map: RankMap) {
    let programs = try ProgramBuilder(
      setup: setup, layout: layout, classes: classes, sizes: sizes,
      costs: classes.kinds.costs(costs, setup.kernelCosts)
    ).build()
    let map = RankMap(classes: classes, layout: layout, programs: programs, isFolded: !expandRanks)
    guard map.rowCount <= Self.maximumTasks else { throw .tooManyTasks }
    return (programs.withLocalJoins(map), map)
  }

  /// Replays the iteration.
  ///
  /// - Parameters:
  ///   - executor: `replay` has no shared links and no interference; `auto` runs event by event where either matters.
  ///   - network: `shared` is event by event whatever the executor.
  /// - Throws: ``SimulationError/deadlock(_:)`` when the schedule cannot end, ``SimulationError/network(_:)`` when ranks
  ///   that communicate do not reach each other or conditions name links that are not there.
  public func run(
    executor: ExecutorChoice = .auto, expandRanks: Bool = false, network: NetworkChoice = .ideal
  ) throws(SimulationError) -> SimulationResult {
    let expandRanks = expandRanks || setup.conditions.jitter != nil
    guard network == .shared || !setup.conditions.disturbsLinks else {
      throw .network("conditions: slow_links and failed_links need the shared network; use --network shared")
    }
    var paths = try network == .shared ? ClusterPaths(setup) : nil
    let classes = try rankClasses(&paths)
    let (programs, map) = try compile(classes, expandRanks: expandRanks, costs: nil)
    let plan =
      try paths.map { paths throws(SimulationError) in
        try NetworkPlanBuilder(
          setup: setup, classes: classes, layout: layout, programs: programs, map: map, paths: paths
        ).build()
      } ?? NetworkPlan()
    let interference = Interference(setup, programs: programs, map: map)
    let isEventful = plan.isShared || (executor != .replay && interference.isActive)
    let executor = isEventful ? .events : executor == .auto ? .replay : executor
    let record = Self.execute(
      programs: programs, map: map, executor: executor, conditions: setup.conditions, network: plan,
      interference: interference)
    guard record.stuck.isEmpty else {
      throw .deadlock(Deadlock(rows: record.stuck, programs: programs, map: map))
    }
    return SimulationResult(
      setup: setup, trace: Trace(programs: programs, map: map, columns: record.columns), executor: executor,
      eventCount: record.eventCount, network: record.network,
      omitsInterference: interference.isActive && executor == .replay,
      layersOfStage: (0..<setup.plan.pipelineParallel).map { layout.layers(ofRank: $0) })
  }

  private func rankClasses(_ paths: inout ClusterPaths?) throws(SimulationError) -> RankClasses {
    guard var known = paths else { return RankClasses(setup: setup, layout: layout) }
    defer { paths = known }
    return try RankClasses(setup: setup, layout: layout, sharing: &known)
  }

  /// The groups the first rank of each class belongs to, by stage and use.
  public func groups() -> [(stage: Int, name: String, members: [Int])] {
    let classes = RankClasses(setup: setup, layout: layout)
    return classes.classes.flatMap { rankClass in
      let position = classes.location(rankClass.members[0]).position
      return classes.stageGroups[rankClass.stage].uses.map { use in
        (rankClass.stage, use.name, classes.members(stage: rankClass.stage, position: position, use: use))
      }
    }
  }

  /// Runs compiled programs.
  static func execute(
    programs: ProgramSet, map: RankMap, executor: ExecutorChoice, conditions: Conditions = Conditions(),
    network: NetworkPlan = NetworkPlan(), interference: Interference = Interference()
  ) -> ExecutionRecord {
    let perturbation = Perturbation(conditions, map: map)
    return switch executor {
    case .auto, .replay: ReplayExecutor.run(programs: programs, map: map, perturbation: perturbation)
    case .events:
      EventExecutor.run(
        programs: programs, map: map, perturbation: perturbation, network: network, interference: interference)
    }
  }

  /// Runs compiled programs, without interference, and returns their trace.
  ///
  /// - Throws: ``SimulationError/deadlock(_:)``.
  public static func trace(
    programs: ProgramSet, map: RankMap, executor: ExecutorChoice, conditions: Conditions = Conditions()
  ) throws(SimulationError) -> Trace {
    let record = execute(programs: programs, map: map, executor: executor, conditions: conditions)
    guard record.stuck.isEmpty else { throw .deadlock(Deadlock(rows: record.stuck, programs: programs, map: map)) }
    return Trace(programs: programs, map: map, columns: record.columns)
  }
}
