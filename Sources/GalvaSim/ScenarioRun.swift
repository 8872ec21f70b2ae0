import ClusterSimulation
import Costing
import Parallelism
import Planning
import Quantities
import ScenarioIO
import Workload

extension Scenario {
  /// The scenario as the simulator takes it; `seed` decides what is random.
  public func setup(seed: UInt64 = 0) -> TrainingSetup {
    var setup = TrainingSetup(model: model, cluster: cluster, job: job, plan: plan, options: options)
    setup.conditions = conditions
    setup.conditions.seed = seed
    setup.kernelCosts = kernelCosts
    return setup
  }
}

/// How to replay a scenario.
public struct RunOptions: Hashable, Sendable {
  /// Which executor.
  public var executor = ExecutorChoice.auto
  /// Whether every rank is simulated.
  public var expandRanks = false
  /// How the network is shared; `nil` for closed forms, unless the scenario's conditions disturb links.
  public var network: NetworkChoice?
  /// What random times are drawn from.
  public var seed: UInt64 = 0
  /// Whether fixes are searched for when memory runs out.
  public var findsFixes = true

  /// The defaults: the fastest executor, one rank per class.
  public init() {}
}

/// A scenario and what came of replaying it: what every report is made from.
public struct ScenarioRun: Sendable {
  /// What was asked.
  public let scenario: Scenario
  /// What happened.
  public let result: SimulationResult
  /// Changes that would make it fit, when it does not.
  public let fixes: [MemoryFix]
  /// What the user should know about the answer.
  public let warnings: [String]

  /// Replays a scenario.
  ///
  /// - Throws: ``SimulationError`` when the plan is invalid or its schedule can never end.
  public init(_ scenario: Scenario, options: RunOptions = RunOptions()) throws(SimulationError) {
    let setup = scenario.setup(seed: options.seed)
    let network = options.network ?? (setup.conditions.disturbsLinks ? .shared : .ideal)
    let result = try TrainingSimulation(setup).run(
      executor: options.executor, expandRanks: options.expandRanks, network: network)
    self.scenario = scenario
    self.result = result
    fixes = result.fits || !options.findsFixes ? [] : MemoryFixFinder.fixes(for: setup, network: network)
    warnings = Self.warnings(setup) + (result.omitsInterference ? [Self.interferenceWarning] : [])
  }

  private static let interferenceWarning =
    "the replay leaves out that kernels and collectives slow each other down; use --executor events"

  private static func warnings(_ setup: TrainingSetup) -> [String] {
    kernelWarnings(setup) + planWarnings(setup)
  }

  /// Kernel times that rest on assumptions: curves of a roofline, or a table of a device nobody measured.
  private static func kernelWarnings(_ setup: TrainingSetup) -> [String] {
    let device = setup.cluster.device
    if let table = setup.kernelCosts.models.first(where: { $0.device.name == device.name })?.table {
      guard table.origin == .derived else { return [] }
      return ["\(device.name): kernel times are derived, not measured on this GPU: \(table.source)"]
    }
    let curves = [
      ("gemm_efficiency", device.gemmEfficiency), ("attention_efficiency", device.attentionEfficiency),
      ("memory_efficiency", device.memoryEfficiency),
    ]
    return curves.filter { $0.1.provenance.kind == .assumed }.map { key, curve in
      "\(device.name): \(key) is assumed, not measured: \(curve.provenance.source)"
    }
  }

  /// Parts of a plan that change nothing.
  private static func planWarnings(_ setup: TrainingSetup) -> [String] {
    var warnings: [String] = []
    let plan = setup.plan
    if plan.layers.contains(where: { $0.expertParallel > 1 }), setup.model.blocks.allSatisfy({ $0.expertCount == 0 }) {
      warnings.append("expert parallelism has no effect: no block of \(setup.model.name) has experts")
    }
    if setup.options.attention == .flash, plan.layers.contains(where: { $0.recompute == .selective }) {
      warnings.append(
        "selective recompute frees almost nothing with flash attention, which never keeps the scores it would recompute"
      )
    }
    let empty = plan.layersPerStage.count { $0 == 0 }
    if empty > 2 {
      warnings.append("\(empty) of \(plan.layersPerStage.count) virtual stages hold no block; lower pp or vpp")
    }
    return warnings
  }

  /// The name of the convention behind model FLOPs and MFU.
  public static let operationConvention =
    "model FLOPs: matrix products and full (unmasked) attention, 3x forward, recompute not counted"
}

extension Layer {
  /// Whether the layer looks up tokens; patches otherwise.
  var isText: Bool {
    if case .tokenEmbedding = block { return true }
    return false
  }
}
