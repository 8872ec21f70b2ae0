import Quantities

/// What one rank holds of an attention layer.
struct AttentionShare {
  /// The whole layer.
  let spec: AttentionSpec
  /// The rank's sizes.
  let shape: RankShape

  /// Key positions of the layer, whole.
  var keyLength: Int { spec.keyLength ?? shape.sequence }
  /// Tokens behind the keys that this rank projects.
  var keyTokens: Int { shape.tokens(of: keyLength) }

  /// Query heads of the tensor-parallel rank.
  var heads: Int { share(spec.heads, of: shape.tensor) }
  /// Key and value heads of the tensor-parallel rank: at least one, held several times where ranks outnumber them.
  var keyValueHeads: Int { share(spec.keyValueHeads, of: shape.tensor) }
  /// Columns of the query on the tensor-parallel rank.
  var queryWidth: Int { heads * spec.headDimension }
  /// Columns of key and value on the tensor-parallel rank.
  var keyValueWidth: Int { keyValueHeads * (spec.headDimension + spec.valueDimension) }
  /// Columns of the result on the tensor-parallel rank.
  var contextWidth: Int { heads * spec.valueDimension }

  /// Query heads inside the core, where Ulysses splits heads instead of positions.
  var coreHeads: Int { share(heads, of: shape.shard.ulysses) }
  /// Key and value heads inside the core.
  var coreKeyValueHeads: Int { share(keyValueHeads, of: shape.shard.ulysses) }

  /// Whether context parallelism must exchange keys and values: windows of an image need none.
  var exchangesKeys: Bool {
    if case .windowed = spec.pattern { return false }
    return shape.shard.contextParallel > 1
  }

  /// Keys and values of the whole context-parallel group, for this rank's heads.
  var groupKeyValues: Bytes {
    .product(
      shape.batch, keyLength, coreKeyValueHeads * (spec.headDimension + spec.valueDimension), shape.elementBytes)
  }

  /// Saved queries, keys and values, after Ulysses' exchange.
  var savedProjections: Bytes {
    let parts = shape.shard.contextParallel
    let queries = shape.activation(
      shape.batch * share(shape.sequence, of: parts), coreHeads * spec.headDimension)
    let keys = shape.activation(
      shape.batch * share(keyLength, of: parts), coreKeyValueHeads * (spec.headDimension + spec.valueDimension))
    return queries + keys
  }

  /// Bytes of the result this rank feeds the output projection.
  var context: Bytes { shape.operand(shape.tokens, contextWidth) }

  /// The core of ordinary attention over one sequence, or of windows over an image.
  var core: AttentionCore {
    if case .windowed(let side, let grid, _) = spec.pattern { return windowedCore(side: side, grid: grid) }
    let parts = shape.shard.contextParallel
    return AttentionCore(
      batch: shape.batch, heads: coreHeads, keyValueHeads: coreKeyValueHeads,
      queries: share(shape.sequence, of: parts), keys: keyLength, headDimension: spec.headDimension,
      valueDimension: spec.valueDimension, isCausal: spec.pattern.isCausal,
      visiblePairs: visiblePairs / Double(parts), addsBias: spec.addsScoreBias,
      gathered: exchangesKeys ? groupKeyValues : .zero)
  }

  /// Pairs of a whole sequence: half of all under a causal mask (the convention of the FlashAttention papers), and
  /// `w s - w^2 / 2` under a sliding window `w`. Context parallelism is taken as balanced.
  private var visiblePairs: Double {
    let queries = Double(shape.sequence)
    switch spec.pattern {
    case .full, .windowed: return queries * Double(keyLength)
    case .causal: return queries * queries / 2
    case .sliding(let window):
      let window = min(Double(window), queries)
      return window * queries - window * window / 2
    }
  }

  private func windowedCore(side: Int, grid: Int) -> AttentionCore {
    let perSide = share(grid, of: side)
    let windows = share(perSide * perSide, of: shape.shard.contextParallel)
    let tokens = side * side
    return AttentionCore(
      batch: shape.batch * windows, heads: coreHeads, keyValueHeads: coreKeyValueHeads, queries: tokens,
      keys: tokens, headDimension: spec.headDimension, valueDimension: spec.valueDimension, isCausal: false,
      visiblePairs: Double(tokens) * Double(tokens), addsBias: spec.addsScoreBias, gathered: .zero)
  }
}
