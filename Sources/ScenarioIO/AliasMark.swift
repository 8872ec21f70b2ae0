/// Hides aliases from the YAML library, so that it never expands one.
///
/// The library copies what an alias stands for and hashes whole keys, so a few hundred bytes of aliases can keep it busy
/// for ever. Every `*` is replaced by one character of the private use area before parsing; columns stay the same.
/// ``NodeConversion`` turns it back, and follows the aliases itself while counting what they expand to.
enum AliasMark {
  /// Stands for `*`: U+E000, the first character of the private use area.
  static let character: Unicode.Scalar = "\u{e000}"

  /// The text for the library.
  ///
  /// - Throws: Where the text holds the character already.
  static func hide(in text: String) throws(TextGuard.Finding) -> String {
    var hidden = String.UnicodeScalarView()
    var line = 1
    var column = 1
    for scalar in text.unicodeScalars {
      guard scalar != character else {
        throw TextGuard.Finding(
          line: line, column: column, message: "found the private-use character U+E000", advice: "remove it")
      }
      hidden.append(scalar == "*" ? character : scalar)
      (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
    }
    return String(hidden)
  }

  /// The text as it was written.
  static func reveal(in text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == character ? "*" : $0 }))
  }

  /// The name of the alias a plain scalar is; `nil` for any other scalar.
  static func name(in plain: String) -> String? {
    plain.unicodeScalars.first == character ? reveal(in: String(plain.unicodeScalars.dropFirst())) : nil
  }
}
