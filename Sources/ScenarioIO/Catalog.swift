import Foundation
import Hardware
import Workload

/// The files that describe hardware and models, by name; the built-in ones travel inside the program.
public struct Catalog: Sendable {
  /// What a catalogue file describes.
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    /// A GPU.
    case device
    /// A link.
    case link
    /// Nodes of GPUs.
    case cluster
    /// A Transformer.
    case model

    /// The folder below `Scenarios/`.
    var folder: String { rawValue + "s" }
  }

  /// A line of a list for people.
  public struct Entry: Hashable, Sendable {
    /// What it describes.
    public let kind: Kind
    /// Catalogue name.
    public let name: String
    /// Name for people; the catalogue name where the file has none.
    public let title: String
    /// Source of the composition, where the file has one.
    public let provenance: String?
    /// The file itself.
    public let text: String
  }

  /// Files by path below `Scenarios/`, sorted by path.
  let files: [(path: String, text: String)]

  /// The catalogue the program was built with.
  public static let builtIn = Catalog(files: embeddedCatalogFiles)

  /// A catalogue of given files: paths such as `devices/a100.yaml`, and their texts.
  public init(files: [(path: String, text: String)]) { self.files = files.sorted { $0.path < $1.path } }

  /// The names of a kind, sorted.
  public func names(_ kind: Kind) -> [String] {
    files.filter { $0.path.hasPrefix(kind.folder + "/") }.map { Self.name(of: $0.path) }.sorted()
  }

  /// Everything of a kind, for lists; an unreadable file keeps its name as title.
  public func entries(_ kind: Kind) -> [Entry] {
    names(kind).map { name in
      let root = (try? document(kind, named: name))?.root
      return Entry(
        kind: kind, name: name, title: root?["title"]?.text ?? name, provenance: root?["provenance"]?.text,
        text: text(kind, named: name) ?? "")
    }
  }

  /// A GPU.
  ///
  /// - Throws: ``InputError``: no such name, with the nearest one; or everything wrong with the file.
  public func device(named name: String) throws(InputError) -> DeviceSpec {
    try read { $0.device(Self.node(name), path: "device") }
  }

  /// A link.
  ///
  /// - Throws: ``InputError``: no such name, with the nearest one; or everything wrong with the file.
  public func link(named name: String) throws(InputError) -> LinkSpec {
    try read { $0.link(Self.node(name), path: "link") }
  }

  /// A cluster: a name, or a name and a number of nodes (`dgx-a100 x 128`).
  ///
  /// - Throws: ``InputError``: no such name, with the nearest one; or everything wrong with the file.
  public func cluster(named name: String) throws(InputError) -> Cluster {
    try read { $0.cluster(Self.node(name), path: "cluster") }
  }

  /// A model's description, not yet laid out for a sequence length.
  ///
  /// - Throws: ``InputError``: no such name, with the nearest one; or everything wrong with the file.
  public func model(named name: String) throws(InputError) -> ModelDescription {
    try read { $0.model(Self.node(name), path: "model") }
  }

  private func read<Value>(_ reading: (ReferenceReader) -> Value?) throws(InputError) -> Value {
    let log = ProblemLog()
    let value = reading(ReferenceReader(catalog: self, log: log))
    try log.throwIfAny()
    guard let value else {
      throw InputError(
        kind: .badInput, problems: [.init(file: "catalogue", message: "found nothing usable", advice: "check the file")]
      )
    }
    return value
  }

  /// A request for a name; paths in it start from the current folder.
  private static func node(_ name: String) -> DocumentNode {
    let source = SourceFile(name: "catalogue", directory: ".")
    return DocumentNode(.text(name), at: SourcePosition(source: source, line: 0, column: 0), written: name)
  }
}

extension Catalog {
  /// The text of a file; `nil` when there is none of that name.
  func text(_ kind: Kind, named name: String) -> String? {
    files.first { $0.path.hasPrefix(kind.folder + "/") && Self.name(of: $0.path) == name }?.text
  }

  /// The parsed file; `nil` when there is none of that name.
  func document(_ kind: Kind, named name: String) throws(InputError) -> SourceDocument? {
    guard let text = text(kind, named: name) else { return nil }
    let source = SourceFile(name: "catalogue/\(kind.folder)/\(name).yaml", directory: nil)
    return try SourceDocument.parse(text, source: source)
  }

  /// The text of a JSON Schema by kind (`scenario`, `device`, `link`, `cluster`, `model`); `nil` for other kinds.
  public func schema(_ kind: String) -> String? { files.first { $0.path == "schema/\(kind).schema.json" }?.text }

  /// The kinds that have a JSON Schema, sorted.
  public var schemaKinds: [String] {
    files.compactMap { file in
      guard file.path.hasPrefix("schema/"), file.path.hasSuffix(".schema.json") else { return nil }
      return String(file.path.dropFirst(7).dropLast(12))
    }
  }

  private static func name(of path: String) -> String {
    (((path as NSString).lastPathComponent) as NSString).deletingPathExtension
  }
}
