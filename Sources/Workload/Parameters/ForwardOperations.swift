import Quantities

extension Layer {
  /// Model floating-point operations of the forward pass over `sequences` sequences, all ranks together, recompute not
  /// counted; matrix products and attention only, a multiply-add counting as two.
  ///
  /// A causal mask does not reduce the count: scores are counted in full, as in Narayanan et al. 2021 (arXiv 2104.04473,
  /// appendix) and in the model-FLOPs utilisation of PaLM (Chowdhery et al. 2022, arXiv 2204.02311, appendix B). A
  /// sliding window counts `min(window, positions)` keys for each query, a window of an image its own tokens.
  public func forwardOperations(sequences: Int) -> FloatingPointOperations {
    let perSequence =
      switch block {
      case .tokenEmbedding: 0.0
      case .patchEmbedding(let spec): 2 * Double(spec.patches) * Double(spec.patchValues) * Double(spec.hidden)
      case .transformer(let spec): spec.operations(positions: sequenceLength)
      case .head(let spec): spec.operations(positions: sequenceLength)
      }
    return FloatingPointOperations(Double(sequences) * perSequence)
  }
}

extension Model {
  /// Model floating-point operations of the forward pass; see ``Layer/forwardOperations(sequences:)``. Training without
  /// recompute takes three times as many.
  public func forwardOperations(sequences: Int) -> FloatingPointOperations {
    layers.reduce(.zero) { $0 + $1.forwardOperations(sequences: sequences) }
  }
}

extension TransformerSpec {
  /// Operations over one sequence.
  func operations(positions: Int) -> Double {
    let tokens = Double(positions)
    var total = attention.operations(positions: positions)
    if let crossAttention { total += crossAttention.operations(positions: positions) }
    total += 2 * tokens * feedForward.activeWeights(hidden: hidden)
    if let merging {
      total += 2 * Double(merging.outputTokens) * 8 * Double(merging.width) * Double(merging.width)
    }
    return total
  }
}

extension FeedForwardSpec {
  /// Weights one token is multiplied with.
  func activeWeights(hidden: Int) -> Double {
    switch self {
    case .dense(let network): return Double(network.weightCount(hidden: hidden))
    case .mixture(let spec):
      let experts = Double(spec.expertsPerToken) * Double(spec.expert.weightCount(hidden: hidden))
      let shared = Double(spec.shared?.weightCount(hidden: hidden) ?? 0)
      return experts + shared + Double(hidden) * Double(spec.experts + (spec.gatesShared ? 1 : 0))
    }
  }
}

extension AttentionSpec {
  /// Operations over one sequence: `2 W` a token for the projections, `2 (d_qk + d_v)` a head and pair for the core.
  func operations(positions: Int) -> Double {
    let queries = Double(positions)
    let keys = Double(keyLength ?? positions)
    let perPair = 2 * Double(heads) * Double(headDimension + valueDimension)
    return 2 * queries * queryWeights + 2 * keys * keyValueWeights + perPair * pairs(queries: queries, keys: keys)
  }

  /// Weights a query token is multiplied with, the output projection included.
  private var queryWeights: Double {
    let output = Double(contextWidth) * Double(hidden)
    guard let rank = latent?.queryRank else { return output + Double(hidden) * Double(queryWidth) }
    return output + Double(rank) * Double(hidden + queryWidth)
  }

  /// Weights a key token is multiplied with.
  private var keyValueWeights: Double {
    guard let latent else { return Double(hidden) * Double(keyWidth + valueWidth) }
    let down = Double(hidden) * Double(latent.keyValueRank + latent.rotaryDimension)
    return down + Double(latent.keyValueRank) * Double(expandedWidth(latent))
  }

  /// Query-key pairs of a head.
  private func pairs(queries: Double, keys: Double) -> Double {
    switch pattern {
    case .full, .causal: return queries * keys
    case .sliding(let window): return queries * min(Double(window), keys)
    case .windowed(let side, let grid, _):
      let windows = Double(share(grid, of: side))
      let tokens = Double(side) * Double(side)
      return windows * windows * tokens * tokens
    }
  }
}

extension HeadSpec {
  /// Operations over one sequence.
  func operations(positions: Int) -> Double {
    let width = Double(hidden)
    switch task {
    case .language: return 2 * Double(positions) * width * Double(outputs)
    case .maskedLanguage: return 2 * Double(positions) * width * (Double(outputs) + width)
    case .pooling: return 2 * width * width
    case .classification: return 2 * width * Double(outputs)
    }
  }
}
