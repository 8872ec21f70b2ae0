import ClusterSimulation
import Planning
import ScenarioIO

extension SweepVocabulary {
  /// The words this program knows.
  public static let known = SweepVocabulary(
    methods: SearchMethod.allCases.map(\.rawValue), evaluators: SearchEvaluator.allCases.map(\.rawValue),
    dimensions: SearchDimension.allCases.map(\.rawValue), networks: NetworkChoice.allCases.map(\.rawValue),
    executors: ExecutorChoice.allCases.map(\.rawValue),
    columns: ["point"] + PointColumn.allCases.map(\.rawValue))
}

extension SweepSettings {
  /// How a search runs; words nobody knows count as not said.
  var searchOptions: SearchOptions {
    var options = SearchOptions()
    options.method = method.flatMap { SearchMethod(rawValue: $0) } ?? options.method
    options.evaluator = evaluator.flatMap { SearchEvaluator(rawValue: $0) } ?? options.evaluator
    options.dimensions = dimensions?.compactMap { SearchDimension(rawValue: $0) }
    options.globalBatches = globalBatches
    options.microBatches = microBatches
    options.rounds = rounds ?? options.rounds
    options.top = finalists ?? options.top
    options.network = network.flatMap { NetworkChoice(rawValue: $0) } ?? options.network
    return options
  }

  /// How a replay runs; fixes are not looked for.
  var runOptions: RunOptions {
    var options = RunOptions()
    options.executor = executor.flatMap { ExecutorChoice(rawValue: $0) } ?? options.executor
    options.network = network.flatMap { NetworkChoice(rawValue: $0) }
    options.seed = UInt64(seed ?? 0)
    options.expandRanks = expandsRanks ?? options.expandRanks
    options.findsFixes = false
    return options
  }
}
