extension ConfigurationReader {
  /// GPT-2: learned positions, LayerNorm, biases everywhere, tied embeddings.
  func gpt2(_ requested: Int?) throws(ModelError) -> ModelParts {
    let hidden = try integer("n_embd", in: FieldRange.width)
    let layers = try integer("n_layer", in: FieldRange.layers)
    let heads = try integer("n_head", in: FieldRange.heads)
    let positions = try integer("n_positions", default: 1024, in: FieldRange.sequence)
    let length = try boundedLength(requested, field: "n_positions", limit: positions)
    let dimension = try quotient("n_embd", hidden, over: "n_head", heads)
    let width = try integer("n_inner", default: 4 * hidden, in: FieldRange.width)
    let block = TransformerSpec(
      hidden: hidden, attention: .biased(hidden: hidden, heads: heads, dimension: dimension, pattern: .causal),
      feedForward: .dense(DenseSpec(width: width, isGated: false, hasBias: true)), norm: .layerNorm)
    var parts = try languageModel(
      hidden: hidden, blocks: .repeated(block, role: .decoder, layers: layers, sequenceLength: length),
      norm: .layerNorm, isTied: true, sequenceLength: length)
    parts.embedding = .tokenEmbedding(
      TokenEmbeddingSpec(hidden: hidden, vocabulary: parts.head.outputs, positions: positions))
    return parts
  }

  /// GPT-NeoX: rotary positions and, by default, the parallel residual.
  func gptNeoX(_ requested: Int?) throws(ModelError) -> ModelParts {
    let hidden = try integer("hidden_size", in: FieldRange.width)
    let layers = try integer("num_hidden_layers", in: FieldRange.layers)
    let heads = try integer("num_attention_heads", in: FieldRange.heads)
    let length = try sequenceLength(requested)
    let dimension = try quotient("hidden_size", hidden, over: "num_attention_heads", heads)
    let width = try integer("intermediate_size", in: FieldRange.width)
    var attention = AttentionSpec.biased(hidden: hidden, heads: heads, dimension: dimension, pattern: .causal)
    attention.setBiases(try boolean("attention_bias", default: true))
    attention.isRotary = true
    let block = TransformerSpec(
      hidden: hidden, attention: attention,
      feedForward: .dense(DenseSpec(width: width, isGated: false, hasBias: true)), norm: .layerNorm,
      isParallel: try boolean("use_parallel_residual", default: true))
    return try languageModel(
      hidden: hidden, blocks: .repeated(block, role: .decoder, layers: layers, sequenceLength: length),
      norm: .layerNorm, isTied: false, sequenceLength: length)
  }

  /// The requested length, which may not exceed a table of learned positions; all of them when none is requested.
  func boundedLength(_ requested: Int?, field: String, limit: Int) throws(ModelError) -> Int {
    guard let requested else { return limit }
    guard requested <= limit else {
      throw .exceeds(field: "sequence length", found: requested, limitField: field, limit: limit)
    }
    return requested
  }
}

extension AttentionSpec {
  /// Plain multi-head attention with biases on all products.
  static func biased(hidden: Int, heads: Int, dimension: Int, pattern: AttentionPattern) -> AttentionSpec {
    AttentionSpec(
      hidden: hidden, heads: heads, keyValueHeads: heads, headDimension: dimension, valueDimension: dimension,
      pattern: pattern, queryBias: true, keyBias: true, valueBias: true, outputBias: true)
  }
}

extension [ModelParts.Part] {
  /// Equal blocks.
  static func repeated(_ block: TransformerSpec, role: LayerRole, layers: Int, sequenceLength: Int) -> Self {
    Array(repeating: .init(role: role, block: block, sequenceLength: sequenceLength), count: layers)
  }
}
