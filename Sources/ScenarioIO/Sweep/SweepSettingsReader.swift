/// Reads settings of a sweep's task, one key at a time: from its section, or from values of an axis.
struct SweepSettingsReader {
  let task: SweepSpec.Task
  let vocabulary: SweepVocabulary
  let log: ProblemLog

  /// The keys of the task's section.
  var keys: KeySet { task == .search ? .sweepSearch : .sweepSimulate }

  /// What a key of the section does; `nil` with a problem recorded.
  ///
  /// - Precondition: The key is one of ``keys``.
  func setting(_ key: String, _ node: DocumentNode, path: String) -> SweepSettings.Change? {
    switch key {
    case "method": return change(word(node, path, vocabulary.methods)) { $0.method = $1 }
    case "evaluator": return change(word(node, path, vocabulary.evaluators)) { $0.evaluator = $1 }
    case "network": return change(word(node, path, vocabulary.networks)) { $0.network = $1 }
    case "executor": return change(word(node, path, vocabulary.executors)) { $0.executor = $1 }
    case "dimensions": return change(words(node, path)) { $0.dimensions = $1 }
    case "global_batches": return change(counts(node, path)) { $0.globalBatches = $1 }
    case "micro_batches" where node.text == "auto": return change(true) { settings, _ in settings.microBatches = nil }
    case "micro_batches": return change(counts(node, path)) { $0.microBatches = $1 }
    case "rounds": return change(log.integer(node, path: path, in: 1...100)) { $0.rounds = $1 }
    case "finalists": return change(log.integer(node, path: path, in: 1...100)) { $0.finalists = $1 }
    case "seed": return change(log.integer(node, path: path, in: 0...Int.max)) { $0.seed = $1 }
    default: return change(log.boolean(node, path: path)) { $0.expandsRanks = $1 }
    }
  }

  private func change<Value: Sendable>(
    _ value: Value?, _ apply: @escaping @Sendable (inout SweepSettings, Value) -> Void
  ) -> SweepSettings.Change? {
    guard let value else { return nil }
    return { settings in apply(&settings, value) }
  }

  private func word(_ node: DocumentNode, _ path: String, _ words: [String]) -> String? {
    log.choice(node, path: path, among: words.map { ($0, $0) })
  }

  /// Names of dimensions, as a list or between commas; none twice.
  private func words(_ node: DocumentNode, _ path: String) -> [String]? {
    let nodes = node.text.map { $0.split(separator: ",").map { node.with(.text(String($0))) } } ?? node.items
    let found = nodes.compactMap { word($0, path, vocabulary.dimensions) }
    guard found.count == nodes.count else { return nil }
    guard !found.isEmpty, Set(found).count == found.count else {
      log.add(node, path: path, expected: "a list of dimensions, each once: \(ProblemLog.list(vocabulary.dimensions))")
      return nil
    }
    return found
  }

  /// Whole numbers: one, a list, or a text such as `8:64:8`.
  private func counts(_ node: DocumentNode, _ path: String) -> [Int]? {
    let range = 1...CountList.maximum
    switch node.value {
    case .list(let items) where !items.isEmpty:
      let found = items.compactMap { log.integer($0, path: path, in: range) }
      return found.count == items.count ? found : nil
    case .integer, .number: return log.integer(node, path: path, in: range).map { [$0] }
    default:
      if let text = node.text, let values = CountList.values(text) { return values }
      log.add(node, path: path, expected: "whole numbers above 0: 8, [8, 16] or \"8:64:8\"")
      return nil
    }
  }
}

extension DocumentNode {
  /// Another scalar at the same place.
  func with(_ value: Value) -> DocumentNode { DocumentNode(value, at: position, written: written) }

  /// The tree as JSON; numbers that JSON does not have become `null`.
  public var json: JSONValue {
    switch value {
    case .null: .null
    case .boolean(let flag): .boolean(flag)
    case .integer(let number): .integer(number)
    case .number(let number): .number(number)
    case .text(let text): .text(text)
    case .list(let items): .list(items.map(\.json))
    case .mapping(let entries): .object(entries.map { JSONField($0.key, $0.value.json) })
    }
  }
}
