/// The text a node was read from.
public struct SourceFile: Hashable, Sendable {
  /// The name shown to people: the path as given, or an option.
  public let name: String
  /// The folder that relative paths inside the text start from; `nil` for the built-in catalogue.
  public let directory: String?

  /// Names a text.
  public init(name: String, directory: String?) {
    self.name = name
    self.directory = directory
  }
}

/// A place in a text.
public struct SourcePosition: Hashable, Sendable {
  /// The text.
  public let source: SourceFile
  /// Line counted from 1; 0 when the text has no lines worth naming (a command-line option).
  public let line: Int
  /// Column in Unicode scalars, counted from 1.
  public let column: Int

  /// Marks a place.
  public init(source: SourceFile, line: Int, column: Int) {
    self.source = source
    self.line = line
    self.column = column
  }
}

/// A value of a YAML or JSON document that knows where it stands.
public struct DocumentNode: Hashable, Sendable {
  /// What the node holds.
  public indirect enum Value: Hashable, Sendable {
    /// Nothing: `null`, `~` or an empty value.
    case null
    /// `true` or `false`.
    case boolean(Bool)
    /// A whole number that fits.
    case integer(Int)
    /// Any other number; may be infinite or not a number, readers refuse that.
    case number(Double)
    /// A text.
    case text(String)
    /// A list.
    case list([DocumentNode])
    /// A mapping, in the order of the file; keys are unique.
    case mapping([Entry])
  }

  /// One key of a mapping.
  public struct Entry: Hashable, Sendable {
    /// The key.
    public let key: String
    /// Where the key stands.
    public let keyPosition: SourcePosition
    /// What it maps to.
    public let value: DocumentNode

    /// Pairs a key with a value.
    public init(key: String, keyPosition: SourcePosition, value: DocumentNode) {
      self.key = key
      self.keyPosition = keyPosition
      self.value = value
    }
  }

  /// What the node holds.
  public let value: Value
  /// Where it starts.
  public let position: SourcePosition
  /// A scalar as it was written; empty for lists and mappings.
  public let written: String

  /// Makes a node.
  public init(_ value: Value, at position: SourcePosition, written: String = "") {
    self.value = value
    self.position = position
    self.written = written
  }

  /// The entries of a mapping; empty for anything else.
  public var entries: [Entry] {
    if case .mapping(let entries) = value { entries } else { [] }
  }

  /// The items of a list; empty for anything else.
  public var items: [DocumentNode] {
    if case .list(let items) = value { items } else { [] }
  }

  /// The text of a text node.
  public var text: String? {
    if case .text(let text) = value { text } else { nil }
  }

  /// Whether the node is a mapping.
  public var isMapping: Bool {
    if case .mapping = value { true } else { false }
  }

  /// The value of `key` in a mapping.
  public subscript(key: String) -> DocumentNode? { entries.first { $0.key == key }?.value }

  /// What the node is, for messages: quoted text, the number as written, or the kind of collection.
  ///
  /// Long texts are cut and control characters escaped, so that a message never spoils a terminal.
  public var found: String {
    switch value {
    case .null: "found nothing"
    case .boolean, .integer, .number: "found " + Self.shortened(written)
    case .text(let text): "found " + JSONValue.text(Self.shortened(text)).compactText
    case .list(let items): items.isEmpty ? "found an empty list" : "found a list"
    case .mapping: "found a mapping"
    }
  }

  private static func shortened(_ text: String) -> String {
    text.unicodeScalars.count <= 60 ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(57))) + "..."
  }
}
