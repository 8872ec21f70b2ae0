/// Changes values of a document from the command line: `--set job.micro_batch=2`.
struct TreeOverride {
  /// One step of a path: a key, or an index of a list.
  enum Step: Hashable {
    case key(String)
    case index(Int)
  }

  let steps: [Step]
  /// The new value; problems are located at it.
  let value: DocumentNode

  /// Applies texts `path=value` in order.
  ///
  /// - Throws: ``InputError`` with every malformed override, located at its option.
  static func apply(_ texts: [String], to root: DocumentNode, directory: String?) throws(InputError) -> DocumentNode {
    var root = root
    var problems: [InputProblem] = []
    for text in texts {
      do throws(InputError) {
        let change = try TreeOverride(text, directory: directory)
        root = try change.applied(to: root)
      } catch { problems += error.problems }
    }
    guard problems.isEmpty else { throw InputError(kind: .badInput, problems: problems) }
    return root
  }

  init(_ text: String, directory: String?) throws(InputError) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = "--set " + String(parts.first?.prefix(100) ?? "")
    guard parts.count == 2, let steps = Self.steps(parts[0]) else {
      throw Self.failure(name, "found no path=value", "expected, for example, --set job.micro_batch=2")
    }
    self.steps = steps
    let source = SourceFile(name: name, directory: directory)
    let place = SourcePosition(source: source, line: 0, column: 0)
    let written = String(parts[1])
    guard written.contains(where: { !$0.isWhitespace }) else {
      value = DocumentNode(.null, at: place)
      return
    }
    // Its lines mean nothing to people: everything inside stands at the option.
    value = try SourceDocument.parse(written, source: source).root.moved(to: place)
  }

  /// A change of a value that stands in a file; `nil` when the path is none.
  init?(path: String, value: DocumentNode) {
    guard let steps = Self.steps(path[...]) else { return nil }
    self.steps = steps
    self.value = value
  }

  private static func steps(_ text: Substring) -> [Step]? {
    var steps: [Step] = []
    for part in text.split(separator: ".", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
      guard let key = pieces.first, !key.isEmpty else { return nil }
      steps.append(.key(String(key)))
      for piece in pieces.dropFirst() {
        guard piece.hasSuffix("]"), let index = Int(piece.dropLast()), index >= 0 else { return nil }
        steps.append(.index(index))
      }
    }
    return steps.isEmpty || steps.count > 32 ? nil : steps
  }

  /// The document with the change.
  ///
  /// - Throws: ``InputError`` when the path leads through something that is no mapping or list.
  func applied(to root: DocumentNode) throws(InputError) -> DocumentNode {
    try applied(to: root, steps[...], path: "")
  }

  private func applied(
    to node: DocumentNode, _ rest: ArraySlice<Step>, path: String
  ) throws(InputError) -> DocumentNode {
    guard let step = rest.first else { return value }
    switch (step, node.value) {
    case (.index(let index), .list(var items)):
      guard items.indices.contains(index) else {
        throw failure("found a list of \(items.count) at \(path)", "expected an index below \(items.count)")
      }
      items[index] = try applied(to: items[index], rest.dropFirst(), path: "\(path)[\(index)]")
      return DocumentNode(.list(items), at: node.position)
    case (.key(let key), .mapping(let entries)):
      return try replaced(key, in: entries, of: node, rest, path: path)
    case (.key(let key), .null):
      return try replaced(key, in: [], of: node, rest, path: path)
    case (.key, _): throw failure("\(node.found) at \(path)", "expected a mapping there; set \(path) as a whole")
    case (.index, _): throw failure("\(node.found) at \(path)", "expected a list there; set \(path) as a whole")
    }
  }

  private func replaced(
    _ key: String, in entries: [DocumentNode.Entry], of node: DocumentNode, _ rest: ArraySlice<Step>, path: String
  ) throws(InputError) -> DocumentNode {
    let inner = path.isEmpty ? key : "\(path).\(key)"
    var entries = entries
    let index = entries.firstIndex { $0.key == key }
    let old = index.map { entries[$0].value } ?? DocumentNode(.null, at: value.position)
    let new = try applied(to: old, rest.dropFirst(), path: inner)
    let keyPosition = rest.count == 1 ? value.position : index.map { entries[$0].keyPosition } ?? value.position
    let entry = DocumentNode.Entry(key: key, keyPosition: keyPosition, value: new)
    if let index { entries[index] = entry } else { entries.append(entry) }
    return DocumentNode(.mapping(entries), at: node.position)
  }

  private func failure(_ message: String, _ advice: String) -> InputError {
    let place = value.position
    let problem = InputProblem(
      file: place.source.name, line: place.line, column: place.column, message: message, advice: advice)
    return InputError(kind: .badInput, problems: [problem])
  }

  private static func failure(_ option: String, _ message: String, _ advice: String) -> InputError {
    InputError(kind: .badInput, problems: [InputProblem(file: option, message: message, advice: advice)])
  }
}

extension DocumentNode {
  /// The same tree with every node at one place.
  func moved(to place: SourcePosition) -> DocumentNode {
    switch value {
    case .list(let items): DocumentNode(.list(items.map { $0.moved(to: place) }), at: place)
    case .mapping(let entries):
      DocumentNode(
        .mapping(entries.map { .init(key: $0.key, keyPosition: place, value: $0.value.moved(to: place)) }), at: place)
    default: DocumentNode(value, at: place, written: written)
    }
  }
}
