import Quantities

/// A value of a configuration file, as far as model files need it.
public enum ConfigurationValue: Hashable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case boolean(Bool)
  /// A whole number.
  case integer(Int)
  /// Any other number.
  case number(Double)
  /// A text.
  case text(String)
  /// A list.
  case list([ConfigurationValue])
}

/// A Transformer as a flat list of layers, for one sequence length.
public struct Model: Hashable, Sendable {
  /// Name for people and for the catalogue.
  public let name: String
  /// Token, position or patch embedding.
  public let embedding: Layer
  /// Blocks in execution order; for encoder-decoder models the encoder's first.
  public let blocks: [Layer]
  /// Final norm, output projection and loss.
  public let head: Layer
  /// Whether the output projection reuses the token embedding's weights.
  public let tiesEmbeddings: Bool
}
