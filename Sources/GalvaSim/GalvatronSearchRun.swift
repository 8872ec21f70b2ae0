import ClusterSimulation
import Costing
import Parallelism
import Planning
import ScenarioIO
import Workload

extension SearchRun {
  /// A search with Galvatron's costs, as the release does it whose profiles the folder holds.
  static func galvatron(_ scenario: Scenario, _ options: SearchOptions) throws(InputError) -> SearchRun {
    guard let path = options.profiles else {
      throw InputError(
        kind: .badInput,
        problems: [
          InputProblem(
            file: "--galvatron-profile", message: "found no folder", advice: "name the folder of Galvatron's profiles")
        ])
    }
    let folder = try GalvatronProfileFolder(path: path)
    return folder.holdsTables
      ? try tables(scenario, options, folder) : try profiled(scenario, options, folder)
  }

  /// MB a GPU may use.
  private static func megabytes(_ scenario: Scenario) -> Int { Int(scenario.setup().memoryCapacity.count >> 20) }

  /// The search of the VLDB release.
  private static func tables(
    _ scenario: Scenario, _ options: SearchOptions, _ folder: GalvatronProfileFolder
  ) throws(InputError) -> SearchRun {
    if options.dimensions != nil || options.microBatches != nil {
      throw InputError(
        kind: .badInput,
        problems: [
          InputProblem(
            file: "--cost-model galvatron",
            message: "found --dimensions or --micro-batches, which the release of 2022 does not have",
            advice: "leave them out, or choose among its methods with --method")
        ])
    }
    let costs = VLDBCostModel(
      model: try folder.table(model: scenario.model),
      hardware: try VLDBProfileFile.hardware(folder: folder.path, devices: scenario.cluster.deviceCount))
    var search = VLDBSearch(costs: costs, method: options.method)
    let memory = megabytes(scenario)
    // Without batch sizes the release's own loop: eight more samples until nothing fits.
    var plan: VLDBPlan?
    if let sizes = options.globalBatches {
      for size in sizes {
        guard let found = search.plan(globalBatch: size, memory: memory) else { continue }
        if plan.map({ found.throughput > $0.throughput }) ?? true { plan = found }
      }
    } else {
      plan = search.best(memory: memory)
    }
    let judged = plan.map { plan in
      // One figure stands for all stages of equal layers.
      let memory = plan.memory.count == 1 ? plan.stages.map { _ in plan.memory[0] } : plan.memory
      return entry(
        GalvatronPlan(plan, costs: costs), scenario, options, time: plan.iterationTime,
        memory: memory.map { Int64($0) << 20 })
    }
    return SearchRun(
      scenario: scenario, options: options, costModel: "galvatron (VLDB 2022)",
      entries: [judged?.entry].compactMap { $0 }, rejected: [judged?.rejected].compactMap { $0 },
      statistics: search.statistics, strategies: (search.space.count, 0))
  }

  /// The search of Hetu-Galvatron 2.4.1.
  private static func profiled(
    _ scenario: Scenario, _ options: SearchOptions, _ folder: GalvatronProfileFolder
  ) throws(InputError) -> SearchRun {
    var training = GalvatronTraining()
    training.isMixedPrecision = scenario.job.format != .fp32
    training.isGPipe = scenario.plan.schedule == .named("gpipe")
    let costs = GalvatronCostModel(
      model: try folder.profile(
        model: scenario.model, precision: scenario.job.format.rawValue, sequenceParallel: training.isSequenceParallel),
      hardware: try folder.hardware(
        nodes: scenario.cluster.nodes, devicesPerNode: scenario.cluster.devicesPerNode),
      training: training)
    var search = GalvatronSearch(
      costs: costs, method: options.method,
      dimensions: options.dimensions ?? GalvatronSearch.dimensions)
    let plan = search.best(
      globalBatches: options.globalBatches ?? [scenario.job.globalBatch], microBatches: options.microBatches,
      memory: megabytes(scenario))
    let judged = plan.map { plan in
      entry(
        GalvatronPlan(plan, training: training), scenario, options, time: plan.iterationTime,
        memory: plan.memory.map { Int64($0) << 20 })
    }
    return SearchRun(
      scenario: scenario, options: options, costModel: "galvatron (2.4.1)",
      entries: [judged?.entry].compactMap { $0 }, rejected: [judged?.rejected].compactMap { $0 },
      statistics: search.statistics, strategies: (search.space.count, 0))
  }

  /// A plan in the simulator's terms, replayed when the simulator is asked, or why it cannot be laid out.
  private static func entry(
    _ galvatron: GalvatronPlan, _ scenario: Scenario, _ options: SearchOptions, time: Double, memory: [Int64]
  ) -> (entry: Entry?, rejected: RejectedPlan?) {
    func rejected(_ error: any Error) -> (entry: Entry?, rejected: RejectedPlan?) {
      let reason = "the simulator cannot lay it out: " + "\(error)".split(separator: "\n").joined(separator: "; ")
      return (nil, RejectedPlan(summary: "the plan of Galvatron's costs, \(Readable.time(time))", reason: reason))
    }
    do {
      return (try judged(galvatron, scenario, options, time: time, memory: memory), nil)
    } catch { return rejected(error) }
  }

  private static func judged(
    _ galvatron: GalvatronPlan, _ scenario: Scenario, _ options: SearchOptions, time: Double, memory: [Int64]
  ) throws -> Entry {
    let plan = try ParallelPlan(galvatron: galvatron, devices: scenario.cluster.deviceCount)
    var setup = scenario.setup()
    setup.plan = plan
    setup.job.globalBatch = galvatron.globalBatch
    let isSimulated = options.evaluator == .simulated
    let result = isSimulated ? try TrainingSimulation(setup).run(network: options.network) : nil
    let replayed =
      options.network == .ideal || !isSimulated ? result : try TrainingSimulation(setup).run(network: .ideal)
    let fits = result.map(\.fits) ?? false
    return Entry(
      plan: plan, globalBatch: galvatron.globalBatch, analyticTime: time,
      replayedTime: replayed.flatMap { $0.fits ? $0.iterationTime.seconds.value : nil },
      simulatedTime: fits ? result?.iterationTime.seconds.value : nil,
      peaks: result.map { $0.stages.map(\.memory.bytes.count) } ?? memory,
      reserved: result.map { $0.allocatorReports.map(\.reservedPeak) }
        ?? Entry.whole(memory), timeBalance: nil,
      memoryBalance: BalancedPartition.degree(memory.map { Double($0) }))
  }
}
