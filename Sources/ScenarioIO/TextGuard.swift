/// Looks at a text before the YAML parser does, and refuses what could exhaust memory or the stack.
///
/// The scan is lexical: it follows brackets, quotes, comments and indentation, not the grammar. It may refuse a very
/// odd text that is legal; it never lets a deeply nested one through, because the parser has a nesting limit of its own.
struct TextGuard {
  /// Deepest nesting of lists and mappings.
  static let maximumDepth = 64
  /// What is wrong, and where.
  struct Finding: Error, Hashable {
    let line: Int
    let column: Int
    let message: String
    let advice: String
  }

  private var line = 1
  private var column = 0
  private var indents: [Int] = []
  private var flowDepth = 0
  private var quote: UInt8?
  private var inComment = false
  /// Whether only white space and indicators (`-`, `?`, `:`) precede on the line, so that a token may begin here.
  private var atTokenStart = true
  private var atLineStart = true
  private var previous: UInt8 = 0x0a
  /// The last byte that was not white space.
  private var previousVisible: UInt8 = 0x0a

  /// Checks a whole text.
  static func check(_ text: String) throws(Finding) {
    var scan = TextGuard()
    var bytes = text.utf8.makeIterator()
    var current = bytes.next()
    while let byte = current {
      let following = bytes.next()
      try scan.visit(byte, following: following ?? 0x0a)
      current = following
    }
  }

  private mutating func visit(_ byte: UInt8, following: UInt8) throws(Finding) {
    if byte & 0xc0 != 0x80 { column += 1 }
    defer { previous = byte }
    if byte == 0x0a { return startLine() }
    if byte == 0x0d || inComment { return }
    if let open = quote {
      let isEscaped = open == UInt8(ascii: "\"") && previous == UInt8(ascii: "\\")
      if isEscaped { previous = 0 } else if byte == open { quote = nil }
      previousVisible = byte
      return
    }
    let isBlank = byte == 0x20 || byte == 0x09
    if isBlank {
      return
    }
    try visitToken(byte, following: following)
    previousVisible = byte
    atLineStart = false
  }

  private mutating func startLine() {
    line += 1
    column = 0
    inComment = false
    atTokenStart = true
    atLineStart = true
  }

  /// One visible byte outside quotes and comments.
  private mutating func visitToken(_ byte: UInt8, following: UInt8) throws(Finding) {
    let afterBlank = previous == 0x20 || previous == 0x09 || previous == 0x0a
    let openings = [UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: ",")]
    let afterOpening = flowDepth > 0 && openings.contains(previousVisible)
    if byte == UInt8(ascii: "#"), afterBlank {
      inComment = true
      return
    }
    if atLineStart, flowDepth == 0 { try openBlock(column) }
    let canStart = atTokenStart || afterBlank || afterOpening
    let isFollowedByBlank = following == 0x20 || following == 0x0a || following == 0x0d || following == 0x09
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "'"):
      if canStart { quote = byte }
      atTokenStart = false
    case UInt8(ascii: "["), UInt8(ascii: "{"):
      if flowDepth > 0 || atTokenStart { try openFlow() }
    case UInt8(ascii: "]"), UInt8(ascii: "}"):
      flowDepth = max(0, flowDepth - 1)
    case UInt8(ascii: "-"), UInt8(ascii: "?"):
      if atTokenStart, flowDepth == 0, isFollowedByBlank { try openBlock(column + 1) } else { atTokenStart = false }
    case UInt8(ascii: ":"):
      if isFollowedByBlank { atTokenStart = true }
    case UInt8(ascii: "&"):
      if canStart { isPropertyOpen = true } else { atTokenStart = false }
    case UInt8(ascii: ","):
      break
    default:
      // A tag or an anchor's name keeps the start open; anything else is a plain scalar.
      if previous != UInt8(ascii: "&"), !isPropertyOpen { atTokenStart = false }
      if byte == UInt8(ascii: "!"), canStart { isPropertyOpen = true }
      if isFollowedByBlank { closeProperty() }
    }
  }

  /// Whether the bytes since the last blank belong to an anchor or a tag.
  private var isPropertyOpen = false

  private mutating func closeProperty() {
    if isPropertyOpen { atTokenStart = true }
    isPropertyOpen = false
  }

  private mutating func openBlock(_ indent: Int) throws(Finding) {
    while let last = indents.last, last >= indent { indents.removeLast() }
    indents.append(indent)
    try checkDepth()
  }

  private mutating func openFlow() throws(Finding) {
    flowDepth += 1
    try checkDepth()
  }

  private func checkDepth() throws(Finding) {
    guard indents.count + flowDepth > Self.maximumDepth else { return }
    throw finding("nested deeper than \(Self.maximumDepth) levels", "expected a flatter document")
  }

  private func finding(_ message: String, _ advice: String) -> Finding {
    Finding(line: line, column: max(1, column), message: message, advice: advice)
  }
}
