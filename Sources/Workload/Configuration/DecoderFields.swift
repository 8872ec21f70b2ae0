extension ConfigurationReader {
  /// A decoder-only model with Llama's field names.
  func decoder(_ traits: DecoderTraits, _ requested: Int?) throws(ModelError) -> ModelParts {
    let hidden = try integer("hidden_size", in: FieldRange.width)
    let layers = try integer("num_hidden_layers", in: FieldRange.layers)
    let length = try sequenceLength(requested)
    let base = try attention(traits, hidden: hidden)
    let patterns = try attentionPatterns(traits.window, layers: layers, sequenceLength: length)
    let networks = try feedForwardNetworks(traits.experts, layers: layers)
    var blocks: [ModelParts.Part] = []
    for layer in 0..<layers {
      var attention = base
      attention.pattern = patterns[layer]
      let block = TransformerSpec(
        hidden: hidden, attention: attention, feedForward: networks[layer], norm: .rms, placement: traits.placement)
      blocks.append(.init(role: .decoder, block: block, sequenceLength: length))
    }
    return try languageModel(
      hidden: hidden, blocks: blocks, norm: .rms, isTied: traits.isTied, sequenceLength: length)
  }

  /// The requested length, or the longest the model was trained for.
  func sequenceLength(_ requested: Int?) throws(ModelError) -> Int {
    if let requested { return requested }
    return try integer("max_position_embeddings", in: FieldRange.sequence)
  }

  /// Token embedding without positions, blocks, head.
  func languageModel(
    hidden: Int, blocks: [ModelParts.Part], norm: NormKind, isTied: Bool, sequenceLength: Int
  ) throws(ModelError) -> ModelParts {
    let vocabulary = try integer("vocab_size", in: FieldRange.vocabulary)
    let head = HeadSpec(
      task: .language, hidden: hidden, outputs: vocabulary, norm: norm,
      isTied: try boolean("tie_word_embeddings", default: isTied))
    return ModelParts(
      embedding: .tokenEmbedding(TokenEmbeddingSpec(hidden: hidden, vocabulary: vocabulary)),
      embeddingLength: sequenceLength, blocks: blocks, head: head, headLength: sequenceLength)
  }

  private func attention(_ traits: DecoderTraits, hidden: Int) throws(ModelError) -> AttentionSpec {
    let heads = try integer("num_attention_heads", in: FieldRange.heads)
    let keyValueHeads = try integer(
      "num_key_value_heads", default: traits.keyValueHeads ?? heads, in: FieldRange.heads)
    try requireMultiple("num_attention_heads", heads, of: "num_key_value_heads", keyValueHeads)
    let dimension = try headDimension(default: traits.headDimension, hidden: hidden, heads: heads)
    var spec = AttentionSpec(
      hidden: hidden, heads: heads, keyValueHeads: keyValueHeads, headDimension: dimension,
      valueDimension: dimension, pattern: .causal, isRotary: true)
    spec.normalizesHeads = traits.normalizesHeads
    spec.hasSinks = traits.hasSinks
    switch traits.bias {
    case .field(let fallback):
      spec.setBiases(try boolean("attention_bias", default: fallback))
    case .queryKeyValue:
      spec.setBiases(true, output: false)
    case .queryKeyValueField:
      spec.setBiases(try boolean("qkv_bias", default: true), output: false)
    }
    return spec
  }

  private func headDimension(default fallback: Int?, hidden: Int, heads: Int) throws(ModelError) -> Int {
    if let given = try optionalInteger("head_dim", in: FieldRange.headDimension) { return given }
    if let fallback { return fallback }
    return try quotient("hidden_size", hidden, over: "num_attention_heads", heads)
  }

  /// `dividend / divisor`, which must be whole and a possible head width.
  func quotient(
    _ field: String, _ dividend: Int, over divisorField: String, _ divisor: Int
  ) throws(ModelError) -> Int {
    try requireMultiple(field, dividend, of: divisorField, divisor)
    return dividend / divisor
  }

  /// Checks that one field is a multiple of another.
  func requireMultiple(
    _ field: String, _ found: Int, of divisorField: String, _ divisor: Int
  ) throws(ModelError) {
    guard found.isMultiple(of: divisor) else {
      throw .notDivisible(field: field, found: found, by: divisorField, divisor: divisor)
    }
  }
}

extension AttentionSpec {
  /// Sets the biases of query, key and value, and of the output.
  mutating func setBiases(_ hasBias: Bool, output: Bool? = nil) {
    (queryBias, keyBias, valueBias, outputBias) = (hasBias, hasBias, hasBias, output ?? hasBias)
  }
}
