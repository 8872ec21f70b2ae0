import ArgumentParser
import Dispatch
import Foundation
import GalvaSim
import Synchronization

struct Search: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find the best plan; the scenario's plan is replaced by its search space.",
    discussion: """
      Exit status: 0 done; 12 no plan fits; 130 interrupted, with the best plan so far printed. The default space is \
      that of Galvatron-BMW (pp, dp, sdp, tp, ckpt) with what the scenario's own plan uses. A scenario without a plan, \
      or with one that does not fit another cluster or batch, can be searched.
      """)

  @OptionGroup var input: ScenarioOptions

  @Option(
    help: ArgumentHelp(
      "Memory a GPU may use, for example 12GiB; several between commas give one line each.", valueName: "size"))
  var memory: String?

  @Option(help: "Which plans, and how layers are split over stages.")
  var method = SearchMethod.bmw

  @Option(help: "Who decides between plans: the simulator, or the formula alone.")
  var evaluator = SearchEvaluator.simulated

  @Option(help: "Whose costs: the simulator's (auto, table, roofline), or Galvatron's from its profiles.")
  var costModel = SearchCostModel.auto

  @Option(help: ArgumentHelp("Galvatron's profiles of time, memory and hardware.", valueName: "dir"))
  var galvatronProfile: String?

  @Option(help: ArgumentHelp("Batch sizes to try: N,N,... or A:B:STEP.", valueName: "list"))
  var globalBatch: NumberList?

  @Option(help: ArgumentHelp("Micro-batches to try: N,N,... or auto.", valueName: "list"))
  var microBatches: NumberList?

  @Option(help: ArgumentHelp("What may vary: \(DimensionList.all).", valueName: "list"))
  var dimensions: DimensionList?

  @Option(help: "Into how many parts a dimension may split.")
  var degrees = TreeDegrees.powersOfTwo

  @Flag(help: "Keep what pruning rules leave out; what no layer strategy expresses is listed as rejected.")
  var noPruning = false

  @Option(help: "Plans to list.") var top = 5
  @Option(help: "Most rounds of simulation and correction.") var rounds = 4
  @Option(help: "Network the finalists are judged on, after plans were replayed on the ideal one.")
  var network = NetworkChoice.shared
  @Flag(help: "Search memory to the byte, not in whole MiB.") var exactBytes = false

  @Option(help: ArgumentHelp("Write the best plan as Galvatron plan JSON.", valueName: "file.json"))
  var emit: String?

  @Flag(help: "Add the tool's own wall-clock and CPU time to the JSON document.")
  var timing = false

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if top < 1 || rounds < 1 { throw ValidationError("--top and --rounds are at least 1") }
    if emit != nil, limits.count > 1 {
      throw ValidationError("--emit writes one plan: name one memory limit")
    }
    if costModel == .galvatron, galvatronProfile == nil {
      throw ValidationError("--cost-model galvatron needs --galvatron-profile DIR")
    }
    if costModel == .galvatron, noPruning || exactBytes || degrees != .powersOfTwo {
      throw ValidationError("--no-pruning, --exact-bytes and --degrees need the simulator's costs")
    }
    if costModel != .galvatron, galvatronProfile != nil {
      throw ValidationError("--galvatron-profile is used by --cost-model galvatron only")
    }
  }

  func run() throws {
    try CommandFailure.wrapping {
      let stopwatch = Stopwatch()
      let interruption = Interruption()
      let costs = costModel == .galvatron ? [] : ["costs.model=\(costModel.rawValue)"]
      let options = options(interruption)
      let runs: [SearchRun]
      if limits.count > 1 {
        var scenarios: [Scenario] = []
        for limit in limits { scenarios.append(try load(limit, costs)) }
        var session = SearchSession()
        runs = try SearchRun.curve(scenarios, options: options, in: &session)
        let curve = SearchCurve(runs: runs)
        report(curve.document, curve.text, stopwatch)
      } else {
        let run = try SearchRun(try load(limits.first, costs), options: options)
        runs = [run]
        report(run.document, run.text, stopwatch)
        if let emit, !run.entries.isEmpty { try run.emit(to: emit) }
      }
      if interruption.flag.isRaised { throw ExitCode(130) }
      if runs.allSatisfy(\.isInfeasible) { throw ExitCode(12) }
    }
  }

  private var limits: [String] {
    memory?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? []
  }

  private func load(_ limit: String?, _ costs: [String]) throws -> Scenario {
    var input = input
    if let limit { input.overrides.append("options.memory_limit=\(limit)") }
    return try input.load(with: costs, purpose: .search)
  }

  private func report(_ document: JSONValue, _ text: String, _ stopwatch: Stopwatch) {
    guard output.json else {
      StandardOutput.write(text)
      return
    }
    output.print(timing ? document.adding(stopwatch.fields) : document)
  }

  private func options(_ interruption: Interruption) -> SearchOptions {
    var options = SearchOptions()
    options.method = method
    options.evaluator = evaluator
    options.costModel = costModel
    options.profiles = galvatronProfile
    options.dimensions = dimensions?.values
    options.degrees = degrees
    options.prunes = !noPruning
    options.globalBatches = globalBatch?.values
    options.microBatches = microBatches?.values
    options.top = top
    options.rounds = rounds
    options.network = network
    options.usesExactBytes = exactBytes
    let flag = interruption.flag
    options.isCancelled = { flag.isRaised }
    if isatty(STDERR_FILENO) == 1, !output.quiet {
      options.progress = { StandardError.overwrite($0) }
    }
    return options
  }
}

extension SearchMethod: ExpressibleByArgument {}
extension SearchEvaluator: ExpressibleByArgument {}
extension SearchCostModel: ExpressibleByArgument {}
extension TreeDegrees: ExpressibleByArgument {}

/// Ctrl-C as a request to end with what there is, as long as the value lives.
struct Interruption {
  /// Whether somebody pressed it.
  final class Flag: Sendable {
    private let value = Atomic(false)

    /// Whether it is raised.
    var isRaised: Bool { value.load(ordering: .relaxed) }

    /// Raises it.
    func raise() { value.store(true, ordering: .relaxed) }
  }

  /// The request.
  let flag = Flag()
  private let source: any DispatchSourceSignal

  init() {
    source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    signal(SIGINT, SIG_IGN)
    source.setEventHandler { [flag] in flag.raise() }
    source.resume()
  }
}

/// Whole numbers above zero: `8,16` or `8:64:8`; nothing for `auto`.
struct NumberList: ExpressibleByArgument {
  /// The numbers in order; `nil` for `auto`.
  let values: [Int]?

  init?(argument: String) {
    if argument == "auto" {
      values = nil
      return
    }
    guard let numbers = CountList.values(argument) else { return nil }
    values = numbers
  }
}

/// Names of dimensions between commas.
struct DimensionList: ExpressibleByArgument {
  /// Every name.
  static let all = SearchDimension.allCases.map(\.rawValue).joined(separator: ",")
  /// The dimensions, each once.
  let values: [SearchDimension]

  init?(argument: String) {
    let words = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let found = words.compactMap { SearchDimension(rawValue: $0) }
    guard found.count == words.count, Set(found).count == found.count else { return nil }
    values = found
  }
}
