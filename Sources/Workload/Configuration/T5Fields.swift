extension ConfigurationReader {
  /// T5: encoder blocks, then decoder blocks with cross-attention over the encoder's output.
  func t5(_ requested: Int?) throws(ModelError) -> ModelParts {
    let hidden = try integer("d_model", in: FieldRange.width)
    let encoderLayers = try integer("num_layers", in: FieldRange.layers)
    let decoderLayers = try integer("num_decoder_layers", default: encoderLayers, in: FieldRange.layers)
    let longest = try integer("n_positions", default: 512, in: FieldRange.sequence)
    let decoderLength = requested ?? longest
    let encoderLength = try integer(
      "encoder_sequence_length", default: decoderLength, in: FieldRange.sequence)
    let plain = TransformerSpec(
      hidden: hidden, attention: try t5Attention(hidden: hidden), feedForward: .dense(try t5Network()), norm: .rms)
    let encoder = try t5Stack(plain, role: .encoder, layers: encoderLayers, sequenceLength: encoderLength)
    var decoderBlock = plain
    decoderBlock.attention.pattern = .causal
    decoderBlock.crossAttention = plain.attention
    decoderBlock.crossAttention?.keyLength = encoderLength
    decoderBlock.crossAttention?.addsScoreBias = false
    let decoder = try t5Stack(
      decoderBlock, role: .decoder, layers: decoderLayers, sequenceLength: decoderLength)
    var parts = try languageModel(
      hidden: hidden, blocks: encoder + decoder, norm: .rms, isTied: true, sequenceLength: decoderLength)
    parts.embedding = .tokenEmbedding(
      TokenEmbeddingSpec(hidden: hidden, vocabulary: parts.head.outputs, decoderTokens: decoderLength))
    parts.embeddingLength = encoderLength
    return parts
  }

  private func t5Attention(hidden: Int) throws(ModelError) -> AttentionSpec {
    let heads = try integer("num_heads", in: FieldRange.heads)
    let dimension = try integer("d_kv", default: 64, in: FieldRange.headDimension)
    return AttentionSpec(
      hidden: hidden, heads: heads, keyValueHeads: heads, headDimension: dimension, valueDimension: dimension,
      pattern: .full, addsScoreBias: true)
  }

  private func t5Network() throws(ModelError) -> DenseSpec {
    let width = try integer("d_ff", in: FieldRange.width)
    let name = try optionalText("feed_forward_proj") ?? "relu"
    return DenseSpec(width: width, isGated: name.split(separator: "-").contains("gated"))
  }

  /// The first block owns the table of relative positions; the encoder's last block ends with the stack's norm, and the
  /// decoder's first keeps the encoder's output. The decoder's last norm belongs to the head.
  private func t5Stack(
    _ block: TransformerSpec, role: LayerRole, layers: Int, sequenceLength: Int
  ) throws(ModelError) -> [ModelParts.Part] {
    let buckets = try integer("relative_attention_num_buckets", default: 32, in: FieldRange.sequence)
    var parts: [ModelParts.Part] = .repeated(block, role: role, layers: layers, sequenceLength: sequenceLength)
    parts[0].block.attention.biasTableSize = buckets * block.attention.heads
    parts[0].block.keepsEncoderOutput = role == .decoder
    parts[layers - 1].block.endsWithNorm = role == .encoder
    return parts
  }
}
