import Yams

/// Turns the YAML library's nodes into ``DocumentNode``: follows aliases within limits, refuses tags and odd keys.
struct NodeConversion {
  let source: SourceFile
  private var anchors: [String: Converted] = [:]

  init(source: SourceFile) { self.source = source }

  /// A converted node and its size once its aliases are followed.
  private struct Converted {
    let node: DocumentNode
    /// Nodes, itself included.
    let count: Int
    /// Levels, itself included.
    let height: Int
  }

  /// Converts a document.
  ///
  /// - Throws: The first thing that cannot be converted.
  mutating func root(_ node: Node) throws(TextGuard.Finding) -> DocumentNode { try convert(node).node }

  private mutating func convert(_ node: Node) throws(TextGuard.Finding) -> Converted {
    let converted = try convertUnnamed(node)
    if let name = node.anchor?.rawValue { anchors[name] = converted }
    return converted
  }

  private mutating func convertUnnamed(_ node: Node) throws(TextGuard.Finding) -> Converted {
    switch node {
    case .scalar(let scalar): return try convert(scalar)
    case .sequence(let sequence):
      try refuseTag(sequence.tag, at: sequence.mark)
      var items: [DocumentNode] = []
      var size = Size()
      for item in sequence {
        let converted = try convert(item)
        try add(converted, to: &size, at: item.mark)
        items.append(converted.node)
      }
      return Converted(
        node: DocumentNode(.list(items), at: position(sequence.mark)), count: size.count, height: size.height)
    case .mapping(let mapping):
      try refuseTag(mapping.tag, at: mapping.mark)
      return try convert(mapping)
    case .alias(let alias): throw finding(alias.mark, "found an alias", "write the value out")
    }
  }

  /// What a collection has grown to.
  private struct Size {
    var count = 1
    var height = 1
  }

  private func add(_ converted: Converted, to size: inout Size, at mark: Mark?) throws(TextGuard.Finding) {
    size.count += converted.count
    size.height = max(size.height, converted.height + 1)
    guard size.count <= SourceDocument.maximumNodes else {
      throw finding(mark, "found more than \(SourceDocument.maximumNodes) values", "aliases expand too far")
    }
    guard size.height <= TextGuard.maximumDepth else {
      throw finding(mark, "nested deeper than \(TextGuard.maximumDepth) levels", "expected a flatter document")
    }
  }

  private mutating func convert(_ mapping: Node.Mapping) throws(TextGuard.Finding) -> Converted {
    var size = Size()
    var entries: [DocumentNode.Entry] = []
    var merged: [DocumentNode.Entry] = []
    var seen: Set<String> = []
    for (key, value) in mapping {
      guard case .scalar(let scalar) = key, scalar.style != .plain || AliasMark.name(in: scalar.string) == nil else {
        throw finding(key.mark, "found a key that is not plain text", "expected a text as key")
      }
      let name = AliasMark.reveal(in: scalar.string)
      guard seen.insert(name).inserted else {
        throw finding(key.mark, "found the key \"\(name.prefix(60))\" more than once", "keep one of them")
      }
      let converted = try convert(value)
      try add(converted, to: &size, at: value.mark)
      if name == "<<", scalar.style == .plain {
        merged += try mergedEntries(converted.node)
      } else {
        entries.append(.init(key: name, keyPosition: position(scalar.mark), value: converted.node))
      }
    }
    for entry in merged where seen.insert(entry.key).inserted { entries.append(entry) }
    return Converted(
      node: DocumentNode(.mapping(entries), at: position(mapping.mark)), count: size.count, height: size.height)
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

  private func convert(_ scalar: Node.Scalar) throws(TextGuard.Finding) -> Converted {
    if scalar.style == .plain, let name = AliasMark.name(in: scalar.string) {
      guard let target = anchors[name] else {
        throw finding(scalar.mark, "found an undefined alias", "define the anchor before it is used")
      }
      return target
    }
    let written = AliasMark.reveal(in: scalar.string)
    let isText = scalar.style != .plain || scalar.tag.description == Tag.Name.str.rawValue
    if !isText { try refuseTag(scalar.tag, at: scalar.mark) }
    let value: DocumentNode.Value = isText ? .text(written) : PlainScalar.value(of: written)
    return Converted(node: DocumentNode(value, at: position(scalar.mark), written: written), count: 1, height: 1)
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
