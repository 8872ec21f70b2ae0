import Foundation

/// Packs the catalogue files into one Swift source: `catalog-packer OUTPUT ROOT FILE...`.
///
/// Each file becomes an entry of a sorted table, keyed by its path below ROOT, so that the tool runs without its
/// checkout.
@main
struct CatalogPacker {
  static func main() throws {
    let arguments = CommandLine.arguments
    let root = arguments[2]
    var source = "/// Every catalogue file, by its path below `Scenarios/`, sorted; written at build time.\n"
    source += "let embeddedCatalogFiles: [(path: String, text: String)] = [\n"
    for path in arguments.dropFirst(3).sorted() {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let name = path.dropFirst(root.count + 1)
      source += "  (path: \"\(name)\", text: ###\"\"\"\n\(text)\n\"\"\"###),\n"
    }
    source += "]\n"
    try source.write(toFile: arguments[1], atomically: true, encoding: .utf8)
  }
}
