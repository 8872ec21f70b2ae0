/// An element of a small XML document that knows its line.
///
/// Reads elements, attributes, comments, declarations and the five predefined entities: what NCCL writes. No document
/// types, so that nothing expands; text between elements is skipped.
struct MarkupElement: Hashable {
  let name: String
  let line: Int
  var attributes: [String: String]
  var children: [MarkupElement] = []

  /// The value of an attribute.
  subscript(attribute: String) -> String? { attributes[attribute] }

  /// Deepest nesting of elements.
  static let maximumDepth = 64

  /// Parses a document.
  ///
  /// - Throws: ``InputError`` with the line of the first thing that is not XML of this kind.
  static func parse(_ text: String, file: String) throws(InputError) -> MarkupElement {
    var reader = MarkupReader(bytes: Array(text.utf8), file: file)
    return try reader.document()
  }
}

/// Pulls elements off a text, byte by byte.
private struct MarkupReader {
  let bytes: [UInt8]
  let file: String
  private var place = 0
  private var line = 1

  init(bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  mutating func document() throws(InputError) -> MarkupElement {
    guard try skipToElement(), !hasPrefix("</") else { throw failure("found no element", "expected <system>") }
    let root = try element(depth: 1)
    if try skipToElement() { throw failure("found a second element", "expected one <system>") }
    return root
  }

  private func failure(_ message: String, _ advice: String) -> InputError {
    importFailure(file, line: line, message, advice)
  }

  private var current: UInt8? { place < bytes.count ? bytes[place] : nil }

  private func hasPrefix(_ text: String) -> Bool { bytes[place...].starts(with: text.utf8) }

  private mutating func advance(_ count: Int = 1) {
    for _ in 0..<count where place < bytes.count {
      if bytes[place] == UInt8(ascii: "\n") { line += 1 }
      place += 1
    }
  }

  /// Skips text, comments and declarations; whether an element (or an end tag) follows.
  private mutating func skipToElement() throws(InputError) -> Bool {
    while let byte = current {
      if byte != UInt8(ascii: "<") {
        advance()
      } else if hasPrefix("<!--") {
        try skip(past: "-->")
      } else if hasPrefix("<?") {
        try skip(past: "?>")
      } else if hasPrefix("<!") {
        throw failure("found a declaration", "expected plain elements")
      } else {
        return true
      }
    }
    return false
  }

  private mutating func skip(past end: String) throws(InputError) {
    while current != nil {
      if hasPrefix(end) { return advance(end.utf8.count) }
      advance()
    }
    throw failure("found the end of the file", "expected \(end)")
  }

  private mutating func element(depth: Int) throws(InputError) -> MarkupElement {
    guard depth <= MarkupElement.maximumDepth else {
      throw failure("nested deeper than \(MarkupElement.maximumDepth) levels", "expected a flatter document")
    }
    advance()
    var element = MarkupElement(name: try name(), line: line, attributes: [:])
    while true {
      skipBlanks()
      if hasPrefix("/>") {
        advance(2)
        return element
      }
      if current == UInt8(ascii: ">") { break }
      let key = try name()
      guard element.attributes.updateValue(try value(of: key), forKey: key) == nil else {
        throw failure("found \(key) twice", "expected it once")
      }
    }
    advance()
    while try skipToElement() {
      guard hasPrefix("</") else {
        element.children.append(try self.element(depth: depth + 1))
        continue
      }
      advance(2)
      guard try name() == element.name else {
        throw failure("found another end tag", "expected </\(element.name)> for line \(element.line)")
      }
      try skip(past: ">")
      return element
    }
    throw failure("found the end of the file", "expected </\(element.name)> for line \(element.line)")
  }

  private mutating func skipBlanks() {
    while let byte = current, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { advance() }
  }

  private mutating func name() throws(InputError) -> String {
    let start = place
    let ends = Array(" \t\r\n=/<>\"'".utf8)
    while let byte = current, !ends.contains(byte) { advance() }
    guard place > start, place < bytes.count else { throw failure("found no name", "expected an element or attribute") }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  private mutating func value(of key: String) throws(InputError) -> String {
    skipBlanks()
    guard current == UInt8(ascii: "=") else { throw failure("found no = after \(key)", "expected \(key)=\"...\"") }
    advance()
    skipBlanks()
    guard let quote = current, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
      throw failure("found no quote after \(key)=", "expected \(key)=\"...\"")
    }
    advance()
    let start = place
    while let byte = current, byte != quote { advance() }
    guard place < bytes.count else { throw failure("found the end of the file", "expected a closing quote") }
    defer { advance() }
    return Self.unescaped(String(decoding: bytes[start..<place], as: UTF8.self))
  }

  private static func unescaped(_ text: String) -> String {
    guard text.contains("&") else { return text }
    let entities = [("lt", "<"), ("gt", ">"), ("quot", "\""), ("apos", "'"), ("amp", "&")]
    let parts = text.split(separator: "&", omittingEmptySubsequences: false)
    return parts.dropFirst().reduce(String(parts.first ?? "")) { done, part in
      for (name, character) in entities where part.hasPrefix(name + ";") {
        return done + character + part.dropFirst(name.count + 1)
      }
      return done + "&" + part
    }
  }
}
