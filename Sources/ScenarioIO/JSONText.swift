/// A JSON document as a value: keys keep the order they were given in, whole numbers stay exact.
public enum JSONValue: Hashable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case boolean(Bool)
  /// A whole number, printed exactly.
  case integer(Int64)
  /// Any other number, printed with the fewest digits that read back as the same value; `null` when not finite.
  case number(Double)
  /// A text.
  case text(String)
  /// A list.
  case list([JSONValue])
  /// A mapping, in the order of its fields.
  case object([JSONField])

  /// A whole number.
  public static func integer(_ value: Int) -> JSONValue { .integer(Int64(value)) }
}

/// One key and its value.
public struct JSONField: Hashable, Sendable {
  /// The key.
  public let key: String
  /// Its value.
  public let value: JSONValue

  /// Pairs a key with a value.
  public init(_ key: String, _ value: JSONValue) {
    self.key = key
    self.value = value
  }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral
{
  /// A mapping; keys keep their order.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { JSONField($0.0, $0.1) })
  }

  /// A list.
  public init(arrayLiteral elements: JSONValue...) { self = .list(elements) }

  /// A text.
  public init(stringLiteral value: String) { self = .text(value) }

  /// `true` or `false`.
  public init(booleanLiteral value: Bool) { self = .boolean(value) }

  /// A whole number.
  public init(integerLiteral value: Int64) { self = .integer(value) }

  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }
}

extension JSONValue {
  /// The value of `key` in a mapping; `nil` elsewhere.
  public subscript(key: String) -> JSONValue? {
    guard case .object(let fields) = self else { return nil }
    return fields.first { $0.key == key }?.value
  }

  /// The whole document on one line.
  public var compactText: String {
    var writer = JSONWriter(isIndented: false)
    writer.write(self, depth: 0)
    return writer.text
  }

  /// The document with one field a line, two spaces deeper at each level, without a final newline.
  public var indentedText: String {
    var writer = JSONWriter(isIndented: true)
    writer.write(self, depth: 0)
    return writer.text
  }
}

/// Appends JSON to a text.
private struct JSONWriter {
  let isIndented: Bool
  var text = ""

  mutating func write(_ value: JSONValue, depth: Int) {
    switch value {
    case .null: text += "null"
    case .boolean(let flag): text += flag ? "true" : "false"
    case .integer(let number): text += String(number)
    case .number(let number): text += number.isFinite ? number.description : "null"
    case .text(let string): write(string)
    case .list(let items):
      writeGroup("[", "]", items.count, depth) { writer, index in writer.write(items[index], depth: depth + 1) }
    case .object(let fields):
      writeGroup("{", "}", fields.count, depth) { writer, index in
        writer.write(fields[index].key)
        writer.text += writer.isIndented ? ": " : ":"
        writer.write(fields[index].value, depth: depth + 1)
      }
    }
  }

  private mutating func writeGroup(
    _ open: String, _ close: String, _ count: Int, _ depth: Int, element: (inout JSONWriter, Int) -> Void
  ) {
    text += open
    for index in 0..<count {
      if index > 0 { text += "," }
      breakLine(depth + 1)
      element(&self, index)
    }
    if count > 0 { breakLine(depth) }
    text += close
  }

  private mutating func breakLine(_ depth: Int) {
    if isIndented { text += "\n" + String(repeating: "  ", count: depth) }
  }

  private mutating func write(_ string: String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f || (0x80..<0xa0).contains(scalar.value):
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
