import Foundation

/// Packs the catalogue files into one Swift source: `catalog-packer OUTPUT ROOT FILE...`.
///
/// Each file becomes an entry of a sorted table, keyed by its path below the first folder of ROOT, so that the tool runs
/// without its checkout.
@main
struct CatalogPacker {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 3 else {
      FileHandle.standardError.write(Data("usage: catalog-packer OUTPUT ROOT FILE...\n".utf8))
      exit(64)
    }
    let root = arguments[2].hasSuffix("/") ? arguments[2] : arguments[2] + "/"
    var source =
      "/// Every catalogue file, by its path below `Scenarios/` or `Traces/`, sorted; written at build time.\n"
    source += "let embeddedCatalogFiles: [(path: String, text: String)] = [\n"
    for path in arguments.dropFirst(3).sorted() {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let name = path.hasPrefix(root) ? path.dropFirst(root.count).drop { $0 != "/" }.dropFirst() : path[...]
      source += "  (path: \(literal(String(name))), text: \(literal(text))),\n"
    }
    source += "]\n"
    try source.write(toFile: arguments[1], atomically: true, encoding: .utf8)
  }

  /// A string literal on one line: whatever the text holds (quotes, number signs, carriage returns), it reads back.
  private static func literal(_ text: String) -> String {
    var literal = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": literal += "\\\""
      case "\\": literal += "\\\\"
      case "\n": literal += "\\n"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f:
        literal += "\\u{\(String(scalar.value, radix: 16))}"
      default: literal.unicodeScalars.append(scalar)
      }
    }
    return literal + "\""
  }
}
