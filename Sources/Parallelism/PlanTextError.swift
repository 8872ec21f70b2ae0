/// A plan or a strategy in text form that cannot be read.
public struct PlanTextError: Error, Hashable, Sendable {
  /// What is wrong.
  public enum Problem: Hashable, Sendable {
    /// Nothing where something is needed; the text says what.
    case missing(String)
    /// A word that means nothing here.
    case unknown(String)
    /// A word that sets what an earlier word has set.
    case repeated(String)
    /// A number that is none, or is below 1 where it counts something.
    case badNumber(String)
    /// A schedule from outside that was not handed in.
    case unknownCustomSchedule(String)
  }

  /// Column of the word in the text, counted from 1.
  public let column: Int
  /// What is wrong with it.
  public let problem: Problem
}

extension PlanTextError: CustomStringConvertible {
  /// Where, what was found, what to do.
  public var description: String { "column \(column): \(finding)" }

  private var finding: String {
    switch problem {
    case .missing(let what): "nothing; write \(what)"
    case .unknown(let word): "'\(word)' is not known; leave it out or correct it"
    case .repeated(let word): "'\(word)' sets what is set already; leave one out"
    case .badNumber(let word): "'\(word)' holds no usable number; write a whole number"
    case .unknownCustomSchedule(let name): "no schedule '\(name)' was read; name its file"
    }
  }
}

/// A piece of a text that knows where it stands.
struct TextPiece {
  /// The characters.
  let text: Substring
  /// Column of the first one, counted from 1.
  let column: Int

  /// The whole text.
  init(_ text: String) {
    self.text = text[...]
    column = 1
  }

  private init(text: Substring, column: Int) {
    self.text = text
    self.column = column
  }

  /// The pieces between separators, blanks around them removed; empty pieces are kept.
  func split(at separator: Character) -> [TextPiece] {
    text.split(separator: separator, omittingEmptySubsequences: false).map { part in piece(part).trimmed }
  }

  /// The words between blanks.
  var words: [TextPiece] { text.split(whereSeparator: \.isWhitespace).map(piece) }

  /// The same without blanks at its ends.
  var trimmed: TextPiece {
    var part = text.drop(while: \.isWhitespace)
    while part.last?.isWhitespace == true { part.removeLast() }
    return piece(part)
  }

  /// What follows `prefix`; `nil` when the piece does not begin with it.
  func dropping(_ prefix: String) -> TextPiece? {
    text.hasPrefix(prefix) ? piece(text.dropFirst(prefix.count)) : nil
  }

  /// A part of this piece.
  func piece(_ part: Substring) -> TextPiece {
    TextPiece(text: part, column: column + text.distance(from: text.startIndex, to: part.startIndex))
  }

  /// An error at this place.
  func error(_ problem: PlanTextError.Problem) -> PlanTextError { PlanTextError(column: column, problem: problem) }

  /// The piece as a whole number of at most nine digits, not below `minimum`.
  func number(atLeast minimum: Int) throws(PlanTextError) -> Int {
    guard text.count <= 9, let value = Int(text), value >= minimum, text.first != "+" else {
      throw error(.badNumber(String(text)))
    }
    return value
  }
}
