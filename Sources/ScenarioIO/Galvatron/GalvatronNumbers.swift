/// A flat mapping of names to numbers, as Galvatron's profilers write it; nested mappings keep their path.
struct GalvatronNumbers {
  /// The file.
  let document: SourceDocument
  private let log = ProblemLog()

  /// Reads a file.
  ///
  /// - Throws: ``InputError`` when it is no mapping.
  init(path: String) throws(InputError) {
    document = try SourceDocument.load(path: path)
    guard document.root.isMapping else {
      log.add(document.root, path: "", expected: "a mapping of names to numbers")
      throw InputError(kind: .badInput, problems: log.problems)
    }
  }

  /// The keys of the file, in its order.
  var keys: [String] { document.root.entries.map(\.key) }

  /// The positive number of a key.
  ///
  /// - Throws: ``InputError`` when it is missing, no number, not above zero or beyond 1e15.
  func number(_ key: String) throws(InputError) -> Double {
    guard let node = document.root[key] else { throw missing(key) }
    return try number(node, path: key)
  }

  /// The positive number of a node.
  func number(_ node: DocumentNode, path: String) throws(InputError) -> Double {
    guard let value = log.number(node, path: path, in: 0...1e15, expected: "a number of at least 0") else {
      throw InputError(kind: .badInput, problems: log.problems)
    }
    return value
  }

  /// Numbers by whole-number keys; a lone number stands for every degree.
  func table(_ node: DocumentNode, path: String) throws(InputError) -> [Int: Double] {
    var table: [Int: Double] = [:]
    guard node.isMapping else {
      let value = try number(node, path: path)
      for power in 0..<12 { table[1 << power] = value }
      return table
    }
    for entry in node.entries {
      guard let degree = Int(entry.key) else { continue }
      table[degree] = try number(entry.value, path: "\(path).\(entry.key)")
    }
    return table
  }

  /// The problem of a key that is not there.
  func missing(_ key: String) -> InputError {
    problem("found no key \"\(key)\"", "expected a profile as Galvatron's profiler writes it")
  }

  /// A problem of the whole file.
  func problem(_ message: String, _ advice: String) -> InputError {
    InputError(
      kind: .badInput,
      problems: [InputProblem(file: document.source.name, message: message, advice: advice)])
  }
}
