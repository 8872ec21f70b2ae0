import Costing
import Foundation
import Hardware
import Parallelism
import Quantities
import Workload

/// Reads scenario files (`Scenarios/runs/NAME.yaml`).
public enum ScenarioFile {
  /// Reads, resolves and checks a scenario.
  ///
  /// - Parameters:
  ///   - path: The file; references inside it start from its folder.
  ///   - overrides: Texts `path=value` such as `job.micro_batch=2`, applied in order before anything is read;
  ///     values are YAML. A path of the file system in a value starts from the scenario's folder.
  ///   - catalog: Where names are looked up.
  ///   - purpose: What the plan is for. A search replaces it: a plan that does not fit the model, the job or the cluster is
  ///     then no error.
  /// - Throws: ``InputError`` with every problem at once.
  public static func load(
    path: String, overrides: [String] = [], catalog: Catalog = .builtIn, purpose: ScenarioPurpose = .simulation
  ) throws(InputError) -> Scenario {
    try read(SourceDocument.load(path: path), overrides: overrides, catalog: catalog, purpose: purpose)
  }

  /// The same for a text; `source` says what to call it and where relative paths start.
  public static func parse(
    _ text: String, source: SourceFile, overrides: [String] = [], catalog: Catalog = .builtIn,
    purpose: ScenarioPurpose = .simulation
  ) throws(InputError) -> Scenario {
    try read(
      SourceDocument.parse(text, source: source), overrides: overrides, catalog: catalog, purpose: purpose)
  }

  private static func read(
    _ document: SourceDocument, overrides: [String], catalog: Catalog, purpose: ScenarioPurpose
  ) throws(InputError) -> Scenario {
    let root = try TreeOverride.apply(overrides, to: document.root, directory: document.source.directory)
    let stem = ((document.source.name as NSString).lastPathComponent as NSString).deletingPathExtension
    return try read(root, source: document.source, defaultName: stem, catalog: catalog, purpose: purpose)
  }

  /// The scenario of a tree.
  static func read(
    _ root: DocumentNode, source: SourceFile, defaultName: String, catalog: Catalog, purpose: ScenarioPurpose,
    parts: ScenarioParts = ScenarioParts()
  ) throws(InputError) -> Scenario {
    let log = ProblemLog()
    let references = ReferenceReader(catalog: catalog, log: log)
    let reader = ScenarioReader(references: references, log: log, purpose: purpose, parts: parts)
    let scenario = reader.scenario(root, defaultName: defaultName)
    try log.throwIfAny()
    guard let scenario else {
      let problem = InputProblem(
        file: source.name, message: "found no usable scenario", advice: "expected model, cluster and job")
      throw InputError(kind: .badInput, problems: [problem])
    }
    return scenario
  }
}

/// What a scenario is read for.
public enum ScenarioPurpose: Hashable, Sendable {
  /// Its plan is simulated.
  case simulation
  /// Its plan is replaced.
  case search
}

/// Reads the root of a scenario and ties its sections together.
struct ScenarioReader {
  let references: ReferenceReader
  let log: ProblemLog
  let purpose: ScenarioPurpose
  let parts: ScenarioParts

  /// The scenario; `nil` with problems recorded.
  func scenario(_ root: DocumentNode, defaultName: String) -> Scenario? {
    guard let reader = MappingReader(root, path: "", keys: .scenario, log: log) else { return nil }
    _ = reader.requiredInteger("schema_version", in: 1...1)
    let name = reader.text("name") ?? defaultName
    let summary = reader.text("description") ?? ""
    let description = reader.require("model", "a model").flatMap { node in
      parts.model(node) { references.model(node, path: "model") }
    }
    let cluster = reader.require("cluster", "a cluster").flatMap { node in
      parts.cluster(node) { references.cluster(node, path: "cluster") }
    }
    let jobNode = reader.require("job", "a mapping with global_batch and precision")
    let job = jobNode.flatMap { JobReader(log: log).job($0, takesImages: description?.takesImages) }
    let options = OptionsReader(log: log).options(reader.value("options"), capacity: cluster?.device.memoryCapacity)
    let conditions = cluster.flatMap {
      ConditionsReader(log: log, cluster: $0).conditions(reader.value("conditions"))
    }
    let costs = cluster.flatMap { cluster in
      parts.costs(reader.value("costs"), devices: cluster.devices) {
        CostsReader(references: references, log: log).costs(reader.value("costs"), devices: cluster.devices)
      }
    }
    if let cluster, let job { checkPrecision(job, cluster: cluster) }
    let model = model(description, job: job)
    let planNode = reader.value("plan") ?? DocumentNode(.mapping([]), at: root.position)
    let planReader = PlanReader(references: references, log: log)
    guard let model, let cluster, let job, let description else {
      planReader.checkKeys(planNode)
      return nil
    }
    let training = job.training(for: model)
    let setting = PlanSetting(
      model: model, devices: cluster.deviceCount, job: training, microBatch: job.microBatch, jobNode: job.node)
    let (plan, planProblem) = plan(planNode, setting)
    guard let plan, let options, let conditions, let costs, log.isEmpty else { return nil }
    let resolved = ResolvedScenario(
      name: name, description: summary, model: description, cluster: cluster, job: training, plan: plan,
      options: options, conditions: conditions, kernelCosts: costs)
    return Scenario(
      name: name, description: summary, model: model, cluster: cluster, job: training, plan: plan, options: options,
      conditions: conditions, kernelCosts: costs, resolved: resolved.json, planProblem: planProblem)
  }

  /// The plan, or for a search a placeholder with its schedule and the first reason why it cannot be used.
  private func plan(_ node: DocumentNode, _ setting: PlanSetting) -> (plan: ParallelPlan?, problem: InputProblem?) {
    guard purpose == .search else {
      return (PlanReader(references: references, log: log).plan(node, setting: setting), nil)
    }
    let before = log.problems.count
    PlanReader(references: references, log: log).checkKeys(node)
    guard log.problems.count == before else { return (nil, nil) }
    let trial = ProblemLog()
    let own = ReferenceReader(catalog: references.catalog, log: trial)
    if let plan = PlanReader(references: own, log: trial).plan(node, setting: setting) { return (plan, nil) }
    guard let reader = MappingReader(node, path: "plan", keys: .plan, log: log) else { return (nil, nil) }
    let schedule = PlanOrderReader(reader: reader, references: references).schedule(virtualStages: 1)
    guard log.problems.count == before else { return (nil, nil) }
    let count = setting.model.blocks.count
    let plan = ParallelPlan(
      pipelineParallel: 1, virtualStages: 1, layersPerStage: [count],
      layers: Array(repeating: LayerStrategy(), count: count), embedding: LayerStrategy(), head: LayerStrategy(),
      microBatches: 1, schedule: schedule ?? .named("1f1b"))
    // A scenario without a plan has nothing to be wrong.
    return (plan, node.entries.isEmpty ? nil : trial.problems.first)
  }

  private func model(_ description: ModelDescription?, job: JobSection?) -> Model? {
    guard let description, let job else { return nil }
    do throws(InputError) {
      return try description.model(sequenceLength: job.sequenceLength)
    } catch {
      // What is wrong with the length stands in the job, not in the model.
      if error.problems.contains(where: { $0.message.hasPrefix("sequence length") }), let node = job.sequenceNode {
        for problem in error.problems {
          log.add(at: node.position, path: "job.sequence_length", problem.message, problem.advice)
        }
      } else {
        log.adopt(error)
      }
      return nil
    }
  }

  private func checkPrecision(_ job: JobSection, cluster: Cluster) {
    for device in cluster.devices {
      guard device.peak[job.format] == nil, let node = job.precisionNode else { continue }
      let available = NumberFormat.allCases.filter { device.peak[$0] != nil }.map(\.rawValue)
      log.add(
        node, path: "job.precision", expected: "a number format of \(device.name): \(ProblemLog.list(available))")
    }
  }
}
