/// Which keys a query sees.
public enum AttentionPattern: Hashable, Sendable {
  /// All of them.
  case full
  /// Its own position and those before.
  case causal
  /// Its own position and those before, at most `window` in all.
  case sliding(window: Int)
  /// Those of its own square of `side x side` patches in a `grid x grid` image; shifted squares need two more copies.
  case windowed(side: Int, grid: Int, isShifted: Bool)

  /// Whether later keys are hidden.
  public var isCausal: Bool {
    switch self {
    case .causal, .sliding: true
    case .full, .windowed: false
    }
  }
}

/// The low-rank products of multi-head latent attention (DeepSeek-AI 2024, arXiv 2405.04434).
public struct LatentSpec: Hashable, Sendable {
  /// Width of the compressed query; `nil` when queries are projected directly.
  public internal(set) var queryRank: Int?
  /// Width of the compressed key and value.
  public internal(set) var keyValueRank: Int
  /// Part of each query and key head that carries the position; one such key is shared by all heads.
  public internal(set) var rotaryDimension: Int
}

/// Multi-head attention of one block.
public struct AttentionSpec: Hashable, Sendable {
  /// Width of the block's stream.
  public internal(set) var hidden: Int
  /// Query heads.
  public internal(set) var heads: Int
  /// Key and value heads; fewer than ``heads`` with grouped queries.
  public internal(set) var keyValueHeads: Int
  /// Width of a query or key head.
  public internal(set) var headDimension: Int
  /// Width of a value head.
  public internal(set) var valueDimension: Int
  /// Which keys a query sees.
  public internal(set) var pattern: AttentionPattern
  /// Key positions; `nil` when the keys are the layer's own positions.
  public internal(set) var keyLength: Int?
  /// Low-rank projections; `nil` for ordinary ones.
  public internal(set) var latent: LatentSpec?
  /// Whether the query projection has a bias.
  public internal(set) var queryBias = false
  /// Whether the key projection has a bias.
  public internal(set) var keyBias = false
  /// Whether the value projection has a bias.
  public internal(set) var valueBias = false
  /// Whether the output projection has a bias.
  public internal(set) var outputBias = false
  /// Whether queries and keys are rotated by position.
  public internal(set) var isRotary = false
  /// Whether each query head and each key head is normalised (Qwen3).
  public internal(set) var normalizesHeads = false
  /// Whether each head has a learned sink in its softmax (gpt-oss).
  public internal(set) var hasSinks = false
  /// Whether a position bias is added to the scores.
  public internal(set) var addsScoreBias = false
  /// Entries of the bias table this block owns; 0 when it reuses another's or has none.
  public internal(set) var biasTableSize = 0

  /// Width of all query heads.
  public var queryWidth: Int { heads * headDimension }
  /// Width of all key heads.
  public var keyWidth: Int { keyValueHeads * headDimension }
  /// Width of all value heads.
  public var valueWidth: Int { keyValueHeads * valueDimension }
  /// Width of the attention's result before the output projection.
  public var contextWidth: Int { heads * valueDimension }
}
