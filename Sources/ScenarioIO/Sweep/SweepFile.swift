import Foundation

/// Reads sweep files (`Scenarios/sweeps/NAME.yaml`).
public enum SweepFile {
  /// Most points of a sweep.
  public static let maximumPoints = 1_000_000

  /// Reads and checks a sweep; its scenarios are read point by point, later.
  ///
  /// - Parameters:
  ///   - path: The file; paths inside it start from its folder.
  ///   - vocabulary: The words its settings may have.
  /// - Throws: ``InputError`` with every problem at once.
  public static func load(path: String, vocabulary: SweepVocabulary) throws(InputError) -> SweepSpec {
    try read(SourceDocument.load(path: path), vocabulary)
  }

  /// The same for a text; `source` says what to call it and where relative paths start.
  public static func parse(
    _ text: String, source: SourceFile, vocabulary: SweepVocabulary
  ) throws(InputError) -> SweepSpec {
    try read(SourceDocument.parse(text, source: source), vocabulary)
  }

  private static func read(_ document: SourceDocument, _ vocabulary: SweepVocabulary) throws(InputError) -> SweepSpec {
    let log = ProblemLog()
    let stem = ((document.source.name as NSString).lastPathComponent as NSString).deletingPathExtension
    let spec = SweepReader(vocabulary: vocabulary, log: log).sweep(document, defaultName: stem)
    try log.throwIfAny()
    guard let spec else {
      let problem = InputProblem(
        file: document.source.name, message: "found no usable sweep", advice: "expected task, scenario and axes")
      throw InputError(kind: .badInput, problems: [problem])
    }
    return spec
  }
}

/// Reads the root of a sweep file.
struct SweepReader {
  let vocabulary: SweepVocabulary
  let log: ProblemLog

  /// The sweep; `nil` with problems recorded.
  func sweep(_ document: SourceDocument, defaultName: String) -> SweepSpec? {
    guard let reader = MappingReader(document.root, path: "", keys: .sweep, log: log) else { return nil }
    _ = reader.requiredInteger("schema_version", in: 1...1)
    let name = reader.text("name") ?? defaultName
    let summary = reader.text("description") ?? ""
    _ = reader.require("task", "simulate or search")
    let task = reader.choice("task", among: SweepSpec.Task.allCases.map { ($0.rawValue, $0) })
    let base = reader.require("scenario", "the path of a scenario, or a scenario").flatMap(scenario)
    let axesNode = reader.require("axes", "a list of axes")
    guard let task else { return nil }
    let changes = SweepChangeReader(settings: SweepSettingsReader(task: task, vocabulary: vocabulary, log: log))
    let settings = settings(reader, task: task, changes.settings)
    let fixed = reader.value("set").flatMap { changes.changes($0, path: "set") } ?? []
    let axes = axesNode.flatMap { SweepAxisReader(changes: changes, columns: vocabulary.columns, log: log).axes($0) }
    guard let axes, let base, let settings else { return nil }
    let layout = SweepLayoutReader(axes: axes, log: log)
    let reduced = layout.reduced(reader.value("best_over"))
    let table = layout.table(reader.value("table"), reduced: reduced)
    let chart = layout.chart(reader.value("chart"), reduced: reduced, table: table)
    guard log.isEmpty else { return nil }
    return SweepSpec(
      name: name, description: summary, task: task, axes: axes, reducedAxes: reduced, table: table, chart: chart,
      base: base.root, baseName: base.name ?? name, settings: settings.values, settingsNode: settings.node,
      changes: fixed, source: document.source)
  }

  /// The scenario every point starts from: a path, or a mapping in the sweep itself.
  private func scenario(_ node: DocumentNode) -> (root: DocumentNode, name: String?)? {
    if node.isMapping { return (node, nil) }
    guard let text = log.text(node, path: "scenario", expected: "the path of a scenario file, or a mapping"),
      let file = ReferenceReader(catalog: .builtIn, log: log).absolutePath(text, at: node.position, path: "scenario")
    else { return nil }
    do throws(InputError) {
      let root = try SourceDocument.load(path: file).root
      return (root, ((file as NSString).lastPathComponent as NSString).deletingPathExtension)
    } catch {
      let problem = error.problems.first
      if error.kind == .missing {
        log.adopt(
          InputError(
            kind: .missing,
            problems: [
              InputProblem(
                file: node.position.source.name, line: node.position.line, column: node.position.column,
                path: "scenario", message: "\(text): \(problem?.message ?? "cannot be read")",
                advice: "check the path; it starts from the folder of the sweep file")
            ]))
      } else {
        log.adopt(error)
      }
      return nil
    }
  }

  /// The section of the task; the one of the other task is a problem.
  private func settings(
    _ reader: MappingReader, task: SweepSpec.Task, _ settings: SweepSettingsReader
  ) -> (values: SweepSettings, node: DocumentNode?)? {
    for other in SweepSpec.Task.allCases where other != task {
      guard let node = reader.value(other.rawValue) else { continue }
      log.add(
        at: node.position, path: other.rawValue, "found settings of \(other.rawValue)",
        "expected none, because the task is \(task.rawValue)")
    }
    guard let node = reader.value(task.rawValue) else { return (SweepSettings(), nil) }
    guard let section = MappingReader(node, path: task.rawValue, keys: settings.keys, log: log) else { return nil }
    var values = SweepSettings()
    for key in settings.keys.all {
      guard let value = section.value(key) else { continue }
      settings.setting(key, value, path: section.path(key))?(&values)
    }
    return (values, node)
  }
}
