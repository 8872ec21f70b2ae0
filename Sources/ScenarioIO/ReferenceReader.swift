import Foundation
import Hardware
import Quantities
import Workload

/// Follows references: catalogue names, paths relative to the file that names them, inline mappings.
struct ReferenceReader {
  let catalog: Catalog
  let log: ProblemLog

  /// A document somebody referred to.
  struct Target {
    let root: DocumentNode
    /// The same for every way to name the same file; tells cycles.
    let identity: String
    /// The file's name without folder and extension.
    let stem: String
  }

  /// Whether a text names a file rather than a catalogue entry.
  static func isPath(_ text: String) -> Bool {
    text.contains("/") || [".yaml", ".yml", ".json", ".csv"].contains { text.lowercased().hasSuffix($0) }
  }

  /// The absolute path of a file named at `position`; `nil`, with a problem, inside the built-in catalogue.
  func absolutePath(_ text: String, at position: SourcePosition, path: String) -> String? {
    if text.hasPrefix("/") { return text }
    guard let directory = position.source.directory else {
      log.add(at: position, path: path, "found a path inside the built-in catalogue", "expected a catalogue name")
      return nil
    }
    return (directory as NSString).appendingPathComponent(text)
  }

  /// The document a text refers to; `nil` with a problem recorded.
  func target(_ kind: Catalog.Kind, _ text: String, at position: SourcePosition, path: String) -> Target? {
    do throws(InputError) {
      if Self.isPath(text) {
        guard let file = absolutePath(text, at: position, path: path) else { return nil }
        guard FileManager.default.fileExists(atPath: file) else {
          log.adopt(missing(file, named: text, at: position, path: path))
          return nil
        }
        let identity = URL(fileURLWithPath: file).standardizedFileURL.resolvingSymlinksInPath().path
        let stem = ((file as NSString).lastPathComponent as NSString).deletingPathExtension
        return Target(root: try SourceDocument.load(path: file).root, identity: identity, stem: stem)
      }
      guard let document = try catalog.document(kind, named: text) else {
        reportUnknown(kind, text, at: position, path: path)
        return nil
      }
      return Target(root: document.root, identity: "\(kind.rawValue):\(text)", stem: text)
    } catch {
      log.adopt(error)
      return nil
    }
  }

  private func missing(_ file: String, named text: String, at position: SourcePosition, path: String) -> InputError {
    InputError(
      kind: .missing,
      problems: [
        InputProblem(
          file: position.source.name, line: position.line, column: position.column, path: path,
          message: "found no file \(JSONValue.text(file).compactText)",
          advice: "check the path; it starts from the folder of the file that names it")
      ])
  }

  private func reportUnknown(_ kind: Catalog.Kind, _ text: String, at position: SourcePosition, path: String) {
    let names = catalog.names(kind)
    let shown = DocumentNode(.text(text), at: position, written: text)
    log.add(
      shown, path: path, expected: "a \(kind.rawValue) of the catalogue (galvasim catalog list) or a path",
      suggestion: Spelling.nearest(to: text, among: names))
  }

  /// A device: name, path or inline mapping.
  func device(_ node: DocumentNode, path: String) -> DeviceSpec? {
    located(.device, node, path: path).flatMap { HardwareReader(log: log).device($0.node, path: $0.path) }
  }

  /// A link: name, path or inline mapping.
  func link(_ node: DocumentNode, path: String) -> LinkSpec? {
    located(.link, node, path: path).flatMap { HardwareReader(log: log).link($0.node, path: $0.path) }
  }

  /// The mapping behind a name, a path or the mapping itself, and the path its keys are reported under.
  private func located(_ kind: Catalog.Kind, _ node: DocumentNode, path: String) -> (node: DocumentNode, path: String)?
  {
    if node.isMapping { return (node, path) }
    let expected = "a \(kind.rawValue): a catalogue name, a path or a mapping"
    guard let text = log.text(node, path: path, expected: expected) else { return nil }
    return target(kind, text, at: node.position, path: path).map { ($0.root, "") }
  }
}
