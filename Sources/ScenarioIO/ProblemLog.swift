import Quantities

/// Collects the problems of one input while its readers go on, so that all are reported at once.
///
/// A reference type: the readers of the sections of one file write to the same list.
final class ProblemLog {
  private(set) var problems: [InputProblem] = []
  /// Whether a file that the input refers to was missing.
  private(set) var kind = InputError.Kind.badInput

  var isEmpty: Bool { problems.isEmpty }

  /// Records a problem at a place.
  func add(
    at position: SourcePosition, path: String, _ message: String, _ advice: String, suggestion: String? = nil
  ) {
    problems.append(
      InputProblem(
        file: position.source.name, line: position.line, column: position.column, path: path, message: message,
        advice: advice, suggestion: suggestion))
  }

  /// Records what a node is and what was expected instead.
  func add(_ node: DocumentNode, path: String, expected: String, suggestion: String? = nil) {
    add(at: node.position, path: path, node.found, "expected " + expected, suggestion: suggestion)
  }

  /// Adopts the problems of a file that was read on the way.
  func adopt(_ error: InputError) {
    problems += error.problems
    if error.kind == .missing { kind = .missing }
  }

  /// Ends a reading.
  ///
  /// - Throws: All problems, when there are any.
  func throwIfAny() throws(InputError) {
    guard problems.isEmpty else { throw InputError(kind: kind, problems: problems) }
  }
}

extension ProblemLog {
  /// A whole number; `5e8` counts as one.
  func integer(_ node: DocumentNode, path: String, in range: ClosedRange<Int>) -> Int? {
    let value: Int? =
      switch node.value {
      case .integer(let value): value
      case .number(let value): Int(exactly: value)
      default: nil
      }
    if let value, range.contains(value) { return value }
    add(node, path: path, expected: "a whole number " + Self.text(of: range))
    return nil
  }

  /// A finite number inside a range.
  func number(_ node: DocumentNode, path: String, in range: ClosedRange<Double>, expected: String) -> Double? {
    let value: Double? =
      switch node.value {
      case .integer(let value): Double(value)
      case .number(let value): value
      default: nil
      }
    if let value, value.isFinite, range.contains(value) { return value }
    add(node, path: path, expected: expected)
    return nil
  }

  /// `true` or `false`.
  func boolean(_ node: DocumentNode, path: String) -> Bool? {
    if case .boolean(let value) = node.value { return value }
    add(node, path: path, expected: "true or false")
    return nil
  }

  /// A text that is not empty.
  func text(_ node: DocumentNode, path: String, expected: String = "a text") -> String? {
    if let text = node.text, text.contains(where: { !$0.isWhitespace }) { return text }
    add(node, path: path, expected: expected)
    return nil
  }

  /// One of a few words.
  func choice<Choice>(_ node: DocumentNode, path: String, among choices: [(String, Choice)]) -> Choice? {
    let words = choices.map(\.0)
    if let choice = choices.first(where: { $0.0 == node.text })?.1 { return choice }
    let suggestion = node.text.flatMap { Spelling.nearest(to: $0, among: words) }
    add(node, path: path, expected: Self.list(words), suggestion: suggestion)
    return nil
  }

  /// A quantity, by one of the readers of ``QuantityText``.
  func quantity<Value>(
    _ node: DocumentNode, path: String, example: String,
    reading: (String) throws(QuantityText.Failure) -> Value
  ) -> Value? {
    let written = node.text ?? node.written
    do throws(QuantityText.Failure) {
      if node.items.isEmpty, !node.isMapping { return try reading(written) }
      throw .notAQuantity
    } catch {
      let suggestion: String? = if case .unknownUnit(_, let nearest) = error { nearest } else { nil }
      add(node, path: path, expected: Self.expectation(error, example: example), suggestion: suggestion)
      return nil
    }
  }

  private static func expectation(_ failure: QuantityText.Failure, example: String) -> String {
    switch failure {
    case .notAQuantity: "a number with a unit (\(example))"
    case .unitMissing: "a unit after the number (\(example))"
    case .unknownUnit: "one of the units of this quantity (\(example))"
    case .notPositive: "an amount above zero (\(example))"
    case .tooLarge: "an amount the simulator can represent (\(example))"
    }
  }

  private static func text(of range: ClosedRange<Int>) -> String {
    range.upperBound == .max
      ? ">= \(range.lowerBound)" : ">= \(range.lowerBound) and <= \(range.upperBound)"
  }

  /// `a, b or c`.
  static func list(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
  }
}
