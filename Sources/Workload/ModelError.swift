/// A model configuration that does not describe a model.
public enum ModelError: Error, Hashable, Sendable {
  /// Neither `model_type` nor `architectures` names a family.
  case missingModelType
  /// A family this library does not know.
  case unknownModelType(String)
  /// A field without a default is absent or null.
  case missing(field: String)
  /// A field of the wrong kind.
  case wrongKind(field: String, found: ConfigurationValue, expected: String)
  /// A number outside what is possible or supported.
  case outOfRange(field: String, found: Int, minimum: Int, maximum: Int)
  /// A number that must be a multiple of another field's.
  case notDivisible(field: String, found: Int, by: String, divisor: Int)
  /// A list of the wrong length.
  case wrongLength(field: String, found: Int, expected: Int)
  /// A word that is none of the known ones.
  case unknownWord(field: String, found: String, known: [String])
  /// A field that contradicts another.
  case exceeds(field: String, found: Int, limitField: String, limit: Int)
  /// A sequence length for a model whose image fixes it.
  case fixedSequenceLength(found: Int, required: Int)
  /// Every field is acceptable, but together they exceed 2^62 parameters.
  case tooManyParameters
}

extension ModelError: CustomStringConvertible {
  /// Where, what was found, what to do.
  public var description: String {
    switch self {
    case .missingModelType:
      "model_type: missing, and architectures names no model; set model_type to one of \(Self.knownFamilies)"
    case .unknownModelType(let name):
      "model_type: '\(name)' is not supported; use one of \(Self.knownFamilies)"
    case .missing(let field):
      "\(field): missing; this kind of model needs it"
    case .wrongKind(let field, let found, let expected):
      "\(field): found \(found.text), expected \(expected)"
    case .outOfRange(let field, let found, let minimum, let maximum):
      "\(field): \(found) is out of range; use a number from \(minimum) to \(maximum)"
    case .notDivisible(let field, let found, let by, let divisor):
      "\(field): \(found) is not a multiple of \(by) (\(divisor)); change one of them"
    case .wrongLength(let field, let found, let expected):
      "\(field): has \(found) entries; give \(expected)"
    case .unknownWord(let field, let found, let known):
      "\(field): '\(found)' is not known; use \(known.joined(separator: " or "))"
    case .exceeds(let field, let found, let limitField, let limit):
      "\(field): \(found) is more than \(limitField) (\(limit)); lower it or raise \(limitField)"
    case .fixedSequenceLength(let found, let required):
      "sequence length: \(found) was asked for, but the image makes \(required) tokens; leave it out or use \(required)"
    case .tooManyParameters:
      "the model has more than 2^62 parameters; check its widths and number of layers"
    }
  }

  private static var knownFamilies: String { ModelFamily.allCases.map(\.rawValue).joined(separator: ", ") }
}

extension ConfigurationValue {
  /// The value as a person would write it.
  var text: String {
    switch self {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .text(let value): "'\(value)'"
    case .list(let values): "[" + values.map(\.text).joined(separator: ", ") + "]"
    }
  }
}
