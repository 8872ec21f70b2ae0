/// Ranges a field may take. The limits lie far above any model and keep every product of a layer inside 64 bits.
enum FieldRange {
  /// Widths of streams, heads, networks.
  static let width = 1...4_194_304
  /// Layers.
  static let layers = 1...100_000
  /// Attention heads.
  static let heads = 1...65_536
  /// Width of one head.
  static let headDimension = 1...65_536
  /// Rows of a table of tokens.
  static let vocabulary = 1...2_147_483_648
  /// Tokens of a sequence.
  static let sequence = 1...16_777_216
  /// Experts.
  static let experts = 1...16_384
  /// Sides of images, patches and windows.
  static let side = 1...4_096
}

/// Typed access to the fields of a configuration; `null` counts as absent.
struct ConfigurationReader {
  /// The fields by name.
  let fields: [String: ConfigurationValue]

  /// The value of a field that is present and not null.
  func value(_ field: String) -> ConfigurationValue? {
    guard let value = fields[field], value != .null else { return nil }
    return value
  }

  /// A whole number, or `nil` when the field is absent.
  func optionalInteger(_ field: String, in range: ClosedRange<Int>) throws(ModelError) -> Int? {
    guard let value = value(field) else { return nil }
    return try Self.integer(value, field: field, in: range)
  }

  /// A whole number.
  func integer(_ field: String, default fallback: Int? = nil, in range: ClosedRange<Int>) throws(ModelError) -> Int {
    if let value = try optionalInteger(field, in: range) { return value }
    guard let fallback else { throw .missing(field: field) }
    return fallback
  }

  /// A whole number under the first of several names that is present.
  func integer(
    anyOf names: [String], default fallback: Int? = nil, in range: ClosedRange<Int>
  ) throws(ModelError) -> Int {
    for name in names {
      if let value = try optionalInteger(name, in: range) { return value }
    }
    guard let fallback else { throw .missing(field: names.joined(separator: " or ")) }
    return fallback
  }

  /// Yes or no.
  func boolean(_ field: String, default fallback: Bool) throws(ModelError) -> Bool {
    guard let value = value(field) else { return fallback }
    guard case .boolean(let found) = value else {
      throw .wrongKind(field: field, found: value, expected: "true or false")
    }
    return found
  }

  /// A text, or `nil` when the field is absent.
  func optionalText(_ field: String) throws(ModelError) -> String? {
    guard let value = value(field) else { return nil }
    guard case .text(let found) = value else { throw .wrongKind(field: field, found: value, expected: "a text") }
    return found
  }

  /// A positive number.
  func number(_ field: String, default fallback: Double) throws(ModelError) -> Double {
    switch value(field) {
    case nil: return fallback
    case .integer(let found) where found > 0 && found <= 4096: return Double(found)
    case .number(let found) where found > 0 && found <= 4096: return found
    case let found?: throw .wrongKind(field: field, found: found, expected: "a number above 0 and at most 4096")
    }
  }

  /// A list, or `nil` when the field is absent.
  func optionalList(_ field: String) throws(ModelError) -> [ConfigurationValue]? {
    guard let value = value(field) else { return nil }
    guard case .list(let found) = value else { throw .wrongKind(field: field, found: value, expected: "a list") }
    return found
  }

  /// A list of whole numbers, or `nil` when the field is absent.
  func optionalIntegers(_ field: String, in range: ClosedRange<Int>) throws(ModelError) -> [Int]? {
    guard let list = try optionalList(field) else { return nil }
    var numbers: [Int] = []
    for (index, entry) in list.enumerated() {
      numbers.append(try Self.integer(entry, field: "\(field)[\(index)]", in: range))
    }
    return numbers
  }

  private static func integer(
    _ value: ConfigurationValue, field: String, in range: ClosedRange<Int>
  ) throws(ModelError) -> Int {
    let found: Int
    switch value {
    case .integer(let number): found = number
    case .number(let number):
      guard let whole = Int(exactly: number) else { fallthrough }
      found = whole
    default: throw .wrongKind(field: field, found: value, expected: "a whole number")
    }
    guard range.contains(found) else {
      throw .outOfRange(field: field, found: found, minimum: range.lowerBound, maximum: range.upperBound)
    }
    return found
  }
}
