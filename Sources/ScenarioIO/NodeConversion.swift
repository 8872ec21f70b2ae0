import Yams

/// Turns the YAML library's nodes into ``DocumentNode``: follows aliases within limits, refuses tags and odd keys.
struct NodeConversion {
  let source: SourceFile
  private var count = 0

  init(source: SourceFile) { self.source = source }

  /// Converts a node and what lies below it.
  ///
  /// - Throws: The first thing that cannot be converted.
  mutating func convert(_ node: Node, depth: Int) throws(TextGuard.Finding) -> DocumentNode {
    count += 1
    guard count <= SourceDocument.maximumNodes else {
      throw finding(node.mark, "found more than \(SourceDocument.maximumNodes) values", "aliases expand too far")
    }
    guard depth <= TextGuard.maximumDepth else {
      throw finding(
        node.mark, "nested deeper than \(TextGuard.maximumDepth) levels", "expected a flatter document")
    }
    switch node {
    case .scalar(let scalar): return try convert(scalar)
    case .sequence(let sequence):
      try refuseTag(sequence.tag, at: sequence.mark)
      var items: [DocumentNode] = []
      for item in sequence { items.append(try convert(item, depth: depth + 1)) }
      return DocumentNode(.list(items), at: position(sequence.mark))
    case .mapping(let mapping):
      try refuseTag(mapping.tag, at: mapping.mark)
      return DocumentNode(.mapping(try entries(mapping, depth: depth)), at: position(mapping.mark))
    case .alias(let alias): throw finding(alias.mark, "found an alias", "write the value out")
    }
  }

  private mutating func entries(_ mapping: Node.Mapping, depth: Int) throws(TextGuard.Finding) -> [DocumentNode.Entry] {
    var entries: [DocumentNode.Entry] = []
    var merged: [DocumentNode.Entry] = []
    var seen: Set<String> = []
    for (key, value) in mapping {
      guard case .scalar(let scalar) = key else {
        throw finding(key.mark, "found a key that is not plain text", "expected a text as key")
      }
      guard seen.insert(scalar.string).inserted else {
        throw finding(key.mark, "found the key \"\(scalar.string)\" more than once", "keep one of them")
      }
      let node = try convert(value, depth: depth + 1)
      if scalar.string == "<<", scalar.style == .plain {
        merged += try mergedEntries(node)
      } else {
        entries.append(.init(key: scalar.string, keyPosition: position(scalar.mark), value: node))
      }
    }
    for entry in merged where seen.insert(entry.key).inserted { entries.append(entry) }
    return entries
  }

  /// The entries a merge key (`<<: *defaults`) brings in; keys written out win over them.
  private func mergedEntries(_ node: DocumentNode) throws(TextGuard.Finding) -> [DocumentNode.Entry] {
    let mappings = node.isMapping ? [node] : node.items
    guard !mappings.isEmpty, mappings.allSatisfy(\.isMapping) else {
      throw TextGuard.Finding(
        line: node.position.line, column: node.position.column, message: node.found,
        advice: "expected a mapping to merge")
    }
    return mappings.flatMap(\.entries)
  }

  private func convert(_ scalar: Node.Scalar) throws(TextGuard.Finding) -> DocumentNode {
    let written = scalar.string
    let isText = scalar.style != .plain || scalar.tag.description == Tag.Name.str.rawValue
    if !isText { try refuseTag(scalar.tag, at: scalar.mark) }
    let value: DocumentNode.Value = isText ? .text(written) : PlainScalar.value(of: written)
    return DocumentNode(value, at: position(scalar.mark), written: written)
  }

  private func refuseTag(_ tag: Tag, at mark: Mark?) throws(TextGuard.Finding) {
    let name = tag.description
    guard name.isEmpty || name == "!" || name.hasPrefix("tag:yaml.org,2002:") else {
      throw finding(mark, "found the tag \"\(name.prefix(60))\"", "leave tags out")
    }
  }

  private func position(_ mark: Mark?) -> SourcePosition {
    SourcePosition(source: source, line: mark?.line ?? 1, column: mark?.column ?? 1)
  }

  private func finding(_ mark: Mark?, _ message: String, _ advice: String) -> TextGuard.Finding {
    TextGuard.Finding(line: mark?.line ?? 1, column: mark?.column ?? 1, message: message, advice: advice)
  }
}

/// What an unquoted scalar means: the core schema of YAML 1.2 (section 10.3.2), decimal numbers only.
enum PlainScalar {
  static func value(of written: String) -> DocumentNode.Value {
    switch written {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .boolean(true)
    case "false", "False", "FALSE": return .boolean(false)
    case ".nan", ".NaN", ".NAN": return .number(.nan)
    case ".inf", ".Inf", ".INF", "+.inf": return .number(.infinity)
    case "-.inf", "-.Inf", "-.INF": return .number(-.infinity)
    default: break
    }
    guard DecimalNumber.prefixLength(of: written) == written.utf8.count else { return .text(written) }
    if let whole = Int(written) { return .integer(whole) }
    return Double(written).map { .number($0) } ?? .text(written)
  }
}

/// The grammar of decimal numbers, shared by plain scalars and quantities.
enum DecimalNumber {
  /// Bytes of the longest prefix that is a number: sign, digits, fraction, exponent; 0 when there is none.
  static func prefixLength(of text: String) -> Int {
    let bytes = Array(text.utf8.prefix(400))
    var index = 0
    func digits(from start: Int) -> Int {
      var end = start
      while end < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[end]) { end += 1 }
      return end
    }
    if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") { index += 1 }
    let whole = digits(from: index)
    var count = whole - index
    index = whole
    if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
      let fraction = digits(from: index + 1)
      count += fraction - index - 1
      index = fraction
    }
    guard count > 0 else { return 0 }
    guard index < bytes.count, bytes[index] == UInt8(ascii: "e") || bytes[index] == UInt8(ascii: "E") else {
      return index
    }
    var exponent = index + 1
    if exponent < bytes.count, bytes[exponent] == UInt8(ascii: "-") || bytes[exponent] == UInt8(ascii: "+") {
      exponent += 1
    }
    let end = digits(from: exponent)
    return end > exponent ? end : index
  }
}
