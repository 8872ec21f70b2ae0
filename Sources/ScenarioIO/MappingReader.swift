import Quantities

/// Reads the keys of one mapping; unknown keys are problems from the start, with the nearest valid spelling.
struct MappingReader {
  /// The mapping.
  let node: DocumentNode
  /// Its place in the document, for example `job`; empty for the root.
  let path: String
  /// Where problems go.
  let log: ProblemLog
  /// The keys it may have.
  let keys: KeySet

  /// Opens a mapping.
  ///
  /// - Returns: `nil`, with a problem recorded, when the node is something else.
  init?(_ node: DocumentNode, path: String, keys: KeySet, log: ProblemLog) {
    guard node.isMapping else {
      log.add(node, path: path, expected: "a mapping with keys such as \(keys.all.prefix(3).joined(separator: ", "))")
      return nil
    }
    self.node = node
    self.path = path
    self.keys = keys
    self.log = log
    for entry in node.entries where !keys.all.contains(entry.key) { reportUnknown(entry) }
  }

  private func reportUnknown(_ entry: DocumentNode.Entry) {
    let nearest = Spelling.nearest(to: entry.key, among: keys.all)
    log.add(
      at: entry.keyPosition, path: path(entry.key), "found a key that means nothing here",
      nearest == nil ? "expected \(ProblemLog.list(keys.all))" : "correct or remove it", suggestion: nearest)
  }

  /// The path of a key, its name shortened and made printable.
  func path(_ key: String) -> String {
    let name = String(key.prefix(60).map { $0.isLetter || $0.isNumber || $0.isPunctuation || $0 == " " ? $0 : "?" })
    return path.isEmpty ? name : "\(path).\(name)"
  }

  /// The value of a key, when it is there.
  func value(_ key: String) -> DocumentNode? {
    assert(keys.all.contains(key), "every key that is read must be declared")
    return node[key]
  }

  /// The value of a key that must be there.
  func require(_ key: String, _ expectation: String) -> DocumentNode? {
    if let found = value(key) { return found }
    log.add(at: node.position, path: path(key), "found no such key", "expected \(expectation)")
    return nil
  }

  /// A whole number, when the key is there.
  func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
    value(key).flatMap { log.integer($0, path: path(key), in: range) }
  }

  /// A whole number that must be there.
  func requiredInteger(_ key: String, in range: ClosedRange<Int>) -> Int? {
    require(key, "a whole number >= \(range.lowerBound)").flatMap { log.integer($0, path: path(key), in: range) }
  }

  /// `true` or `false`, when the key is there.
  func boolean(_ key: String) -> Bool? { value(key).flatMap { log.boolean($0, path: path(key)) } }

  /// A text, when the key is there.
  func text(_ key: String) -> String? { value(key).flatMap { log.text($0, path: path(key)) } }

  /// A text that must be there.
  func requiredText(_ key: String) -> String? {
    require(key, "a text").flatMap { log.text($0, path: path(key)) }
  }

  /// One of a few words, when the key is there.
  func choice<Choice>(_ key: String, among choices: [(String, Choice)]) -> Choice? {
    value(key).flatMap { log.choice($0, path: path(key), among: choices) }
  }

  /// An amount of memory, when the key is there.
  func bytes(_ key: String, allowsZero: Bool = false) -> Bytes? {
    value(key).flatMap { node in
      log.quantity(node, path: path(key), example: "80GiB, 512MB, 4096B") { text throws(QuantityText.Failure) in
        try QuantityText.bytes(text, allowsZero: allowsZero)
      }
    }
  }
}

/// The keys a mapping may have, in the order they are documented.
struct KeySet: Hashable, Sendable {
  /// Every key.
  let all: [String]

  init(_ all: [String]) { self.all = all }
}
