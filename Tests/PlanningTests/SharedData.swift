import Foundation

/// Reference files that may lie beside the checkout.
enum SharedData {
  /// The folder of the Galvatron data; `nil` when there is none.
  static let galvatron: String? = {
    var folder = URL(fileURLWithPath: #filePath)
    while folder.path != "/" {
      folder.deleteLastPathComponent()
      let candidate = folder.appendingPathComponent("shared/data/galvatron")
      if FileManager.default.fileExists(atPath: candidate.path) { return candidate.path }
    }
    return nil
  }()

  /// Whether the folder is there.
  static var isPresent: Bool { galvatron != nil }

  /// The path of a file of the Galvatron data.
  static func path(_ name: String) throws -> String {
    guard let galvatron else { throw CocoaError(.fileNoSuchFile) }
    return galvatron + "/" + name
  }

  /// The text of a file of the Galvatron data.
  static func text(_ name: String) throws -> String {
    try String(contentsOfFile: path(name), encoding: .utf8)
  }
}
