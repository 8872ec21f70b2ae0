/// The last layer of a model.
public struct HeadSpec: Hashable, Sendable {
  /// What the head predicts.
  public enum Task: Hashable, Sendable {
    /// The token at each position, with cross-entropy.
    case language
    /// Masked tokens: a dense layer, activation and norm before the vocabulary (BERT).
    case maskedLanguage
    /// Nothing; a dense layer with tanh pools the first token (BERT without a training head).
    case pooling
    /// One of `outputs` classes for the whole input.
    case classification
  }

  /// What it predicts.
  public internal(set) var task: Task
  /// Width of the stream.
  public internal(set) var hidden: Int
  /// Vocabulary or classes; 0 for pooling.
  public internal(set) var outputs: Int
  /// The norm before everything else.
  public internal(set) var norm: NormKind?
  /// Whether the output product has a bias.
  public internal(set) var hasBias = false
  /// Whether the output weights are the embedding's.
  public internal(set) var isTied = false

  /// Whether the head works on each position, not on one vector for the sequence.
  public var isPerToken: Bool { task == .language || task == .maskedLanguage }
}
