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
  /// - Throws: ``InputError`` with every problem at once.
  public static func load(
    path: String, overrides: [String] = [], catalog: Catalog = .builtIn
  ) throws(InputError) -> Scenario {
    try read(SourceDocument.load(path: path), overrides: overrides, catalog: catalog)
  }

  /// The same for a text; `source` says what to call it and where relative paths start.
  public static func parse(
    _ text: String, source: SourceFile, overrides: [String] = [], catalog: Catalog = .builtIn
  ) throws(InputError) -> Scenario {
    try read(SourceDocument.parse(text, source: source), overrides: overrides, catalog: catalog)
  }

  private static func read(
    _ document: SourceDocument, overrides: [String], catalog: Catalog
  ) throws(InputError) -> Scenario {
    let root = try TreeOverride.apply(overrides, to: document.root, directory: document.source.directory)
    let stem = ((document.source.name as NSString).lastPathComponent as NSString).deletingPathExtension
    return try read(root, source: document.source, defaultName: stem, catalog: catalog)
  }

  /// The scenario of a tree.
  static func read(
    _ root: DocumentNode, source: SourceFile, defaultName: String, catalog: Catalog,
    parts: ScenarioParts = ScenarioParts()
  ) throws(InputError) -> Scenario {
    let log = ProblemLog()
    let reader = ScenarioReader(references: ReferenceReader(catalog: catalog, log: log), log: log, parts: parts)
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

/// Reads the root of a scenario and ties its sections together.
struct ScenarioReader {
  let references: ReferenceReader
  let log: ProblemLog
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
    guard let plan = planReader.plan(planNode, setting: setting), let options, let conditions, let costs,
      log.isEmpty
    else { return nil }
    let resolved = ResolvedScenario(
      name: name, description: summary, model: description, cluster: cluster, job: training, plan: plan,
      options: options, conditions: conditions, kernelCosts: costs)
    return Scenario(
      name: name, description: summary, model: model, cluster: cluster, job: training, plan: plan, options: options,
      conditions: conditions, kernelCosts: costs, resolved: resolved.json)
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
