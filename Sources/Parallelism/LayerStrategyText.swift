extension LayerStrategy {
  /// The strategy in one word, for example `tp4-cp2-dp2-sp-z3-ckpt-strided`; ``init(text:)`` reads it back.
  ///
  /// Degrees `tp` (tensor), `ul` (Ulysses), `cp` (context), `dp` (data), `ep` (expert), left out when 1; then `sp`
  /// (sequence parallelism), `z1`, `z2`, `z3` (ZeRO), `sel` or `ckpt` (selective or full recompute) and `strided`
  /// (tensor-parallel neighbours are not adjacent). A strategy without any of these is `dp1`.
  public var text: String {
    var words: [String] = []
    for (key, degree) in Self.degreeKeys where self[keyPath: degree] != 1 {
      words.append("\(key)\(self[keyPath: degree])")
    }
    if sequenceParallel { words.append("sp") }
    if zero != .none { words.append("z\(zero.rawValue)") }
    if recompute == .selective { words.append("sel") }
    if recompute == .full { words.append("ckpt") }
    if !isConsecutive { words.append("strided") }
    return words.isEmpty ? "dp1" : words.joined(separator: "-")
  }

  /// Reads what ``text`` writes; words may come in any order, none twice.
  ///
  /// - Throws: ``PlanTextError`` for the first word that cannot be read.
  public init(text: String) throws(PlanTextError) { try self.init(TextPiece(text).trimmed) }

  /// Reads a piece of a longer text.
  init(_ piece: TextPiece) throws(PlanTextError) {
    self.init()
    if piece.text.isEmpty { throw piece.error(.missing("a strategy such as tp2-dp4")) }
    var seen: Set<String> = []
    for word in piece.split(at: "-") {
      let meaning = try set(word)
      guard seen.insert(meaning).inserted else { throw word.error(.repeated(String(word.text))) }
    }
  }

  /// Applies one word and returns what it sets.
  private mutating func set(_ word: TextPiece) throws(PlanTextError) -> String {
    switch word.text {
    case "sp": sequenceParallel = true
    case "strided": isConsecutive = false
    case "sel", "ckpt":
      recompute = word.text == "sel" ? .selective : .full
      return "recompute"
    default:
      if let number = word.dropping("z") {
        guard let stage = ZeroStage(rawValue: try number.number(atLeast: 0)) else {
          throw number.error(.badNumber(String(number.text)))
        }
        zero = stage
        return "zero"
      }
      return try setDegree(word)
    }
    return String(word.text)
  }

  /// Applies a degree and returns its key.
  private mutating func setDegree(_ word: TextPiece) throws(PlanTextError) -> String {
    for (key, degree) in Self.degreeKeys {
      guard let number = word.dropping(key) else { continue }
      self[keyPath: degree] = try number.number(atLeast: 1)
      return key
    }
    throw word.error(.unknown(String(word.text)))
  }

  /// The degrees by their keys, in the order they are written.
  private static var degreeKeys: [(key: String, degree: WritableKeyPath<LayerStrategy, Int>)] {
    [
      ("tp", \.tensorParallel), ("ul", \.ulysses), ("cp", \.contextParallel), ("dp", \.dataParallel),
      ("ep", \.expertParallel),
    ]
  }
}

extension LayerStrategy: CustomStringConvertible {
  /// ``text``.
  public var description: String { text }
}
