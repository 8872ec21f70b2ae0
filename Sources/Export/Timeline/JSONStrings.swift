/// Texts kept once, already quoted and escaped for JSON (RFC 8259, section 7).
package struct JSONStrings: ~Copyable {
  /// One kept text.
  package struct Label: Hashable, Sendable {
    fileprivate let index: Int32
  }

  private var arena = ByteBuffer(capacity: 1 << 14)
  private var ends: [Int] = []
  private var known: [String: Label] = [:]

  /// Starts with nothing.
  package init() {}

  /// Keeps a text; the same text gives the same label.
  package mutating func label(_ text: String) -> Label {
    if let label = known[text] { return label }
    let label = Label(index: Int32(ends.count))
    arena.append(jsonString: text)
    ends.append(arena.count)
    known[text] = label
    return label
  }

  /// The quoted, escaped bytes.
  @inline(__always)
  func bytes(_ label: Label) -> UnsafeRawBufferPointer {
    let index = Int(label.index)
    let start = index == 0 ? 0 : ends[index - 1]
    return UnsafeRawBufferPointer(rebasing: arena.bytes[start..<ends[index]])
  }
}

extension ByteBuffer {
  /// Appends a text with quotes; control characters, quotes and backslashes are escaped.
  package mutating func append(jsonString text: String) {
    append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case 0x0A: append("\\n")
      case 0x0D: append("\\r")
      case 0x09: append("\\t")
      case 0..<0x20: appendControl(byte)
      default: append(byte)
      }
    }
    append(UInt8(ascii: "\""))
  }

  private mutating func appendControl(_ byte: UInt8) {
    append(byte < 0x10 ? "\\u000" : "\\u001")
    let digit = byte & 0xF
    append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
  }

  /// Appends a number; JSON has no infinities and no NaN, which become `null`.
  package mutating func append(jsonNumber value: Double) {
    if value.isFinite { append(value.description) } else { append("null") }
  }
}
