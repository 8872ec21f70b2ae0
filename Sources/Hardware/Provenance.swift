/// Where a number comes from. No number enters a catalogue without one.
public struct Provenance: Hashable, Sendable {
  /// The three admissible kinds of evidence.
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    /// Read off a device: the source names device, date and tool.
    case measured
    /// Printed by somebody else: the source is a citation.
    case published
    /// Neither: the source gives the reason.
    case assumed
  }

  /// What kind of evidence.
  public let kind: Kind
  /// The citation, the measurement or the reason.
  public let source: String

  /// Records where a number comes from.
  public init(_ kind: Kind, _ source: String) {
    self.kind = kind
    self.source = source
  }
}
