/// The first layer of a language model.
public struct TokenEmbeddingSpec: Hashable, Sendable {
  /// Width of a token.
  public internal(set) var hidden: Int
  /// Rows of the table.
  public internal(set) var vocabulary: Int
  /// Rows of the learned position table; 0 without one.
  public internal(set) var positions = 0
  /// Rows of the token-type table (BERT); 0 without one.
  public internal(set) var types = 0
  /// A norm on the sum (BERT).
  public internal(set) var norm: NormKind?
  /// Tokens of the decoder that the same table embeds (T5); 0 for other models.
  public internal(set) var decoderTokens = 0
}

/// The first layer of a vision model: a convolution whose stride is its size, hence one product.
public struct PatchEmbeddingSpec: Hashable, Sendable {
  /// Width of a patch.
  public internal(set) var hidden: Int
  /// Side of a patch in pixels.
  public internal(set) var patchSize: Int
  /// Channels of the image.
  public internal(set) var channels: Int
  /// Patches of the image, the class token not counted.
  public internal(set) var patches: Int
  /// Whether a class token leads the sequence.
  public internal(set) var hasClassToken = false
  /// Whether positions are learned, one for each token.
  public internal(set) var hasPositions = false
  /// A norm on the result (Swin).
  public internal(set) var norm: NormKind?

  /// Values of one patch: `channels * patchSize^2`.
  public var patchValues: Int { channels * patchSize * patchSize }
}
