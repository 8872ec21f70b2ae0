/// What a layer computes; the shapes are those of the whole model, before any sharding.
public enum Block: Hashable, Sendable {
  /// Looks tokens up in a table.
  case tokenEmbedding(TokenEmbeddingSpec)
  /// Projects image patches.
  case patchEmbedding(PatchEmbeddingSpec)
  /// Attention and feed-forward network with norms and residuals.
  case transformer(TransformerSpec)
  /// Final norm, output projection and loss.
  case head(HeadSpec)
}

/// The family of a normalisation layer.
public enum NormKind: String, CaseIterable, Hashable, Sendable {
  /// Mean and variance, with gain and offset (Ba et al. 2016, arXiv 1607.06450).
  case layerNorm
  /// Root mean square, with gain only (Zhang & Sennrich 2019, arXiv 1910.07467).
  case rms

  /// Parameters of one norm over `width` features.
  public func parameterCount(width: Int) -> Int64 { Int64(width) * (self == .layerNorm ? 2 : 1) }
}

/// Where the norms of a Transformer block stand.
public enum NormPlacement: String, CaseIterable, Hashable, Sendable {
  /// Before each sub-layer (GPT-2, Llama).
  case before
  /// After each residual (the original Transformer, BERT).
  case after
  /// Before each sub-layer and again on its output (Gemma 2): four norms.
  case around
}

/// One Transformer block.
public struct TransformerSpec: Hashable, Sendable {
  /// Width of the residual stream.
  public internal(set) var hidden: Int
  /// Self-attention.
  public internal(set) var attention: AttentionSpec
  /// Attention over the encoder's output, in the decoder blocks of an encoder-decoder model.
  public internal(set) var crossAttention: AttentionSpec?
  /// The feed-forward network.
  public internal(set) var feedForward: FeedForwardSpec
  /// The family of all its norms.
  public internal(set) var norm: NormKind
  /// Where its norms stand.
  public internal(set) var placement = NormPlacement.before
  /// Whether attention and feed-forward network both read the block's input (GPT-NeoX), so that neither waits for the
  /// other and one reduction serves both.
  public internal(set) var isParallel = false
  /// Whether a further norm closes the block (the last block of T5's encoder).
  public internal(set) var endsWithNorm = false
  /// Whether the encoder's output is kept by this block (the first decoder block; later ones share the tensor).
  public internal(set) var keepsEncoderOutput = false
  /// The halving of the grid after the block (the last block of a Swin stage).
  public internal(set) var merging: PatchMergingSpec?

  /// Width of what the block hands on.
  public var outputWidth: Int { merging == nil ? hidden : 2 * hidden }
}

/// Joins 2 x 2 neighbouring patches: a norm over `4 h` features and a product `4 h -> 2 h` without bias
/// (Liu et al. 2021, arXiv 2103.14030). Every tensor-parallel rank holds and computes all of it.
public struct PatchMergingSpec: Hashable, Sendable {
  /// Width `h` before merging.
  public internal(set) var width: Int
  /// Patches after merging.
  public internal(set) var outputTokens: Int
}
