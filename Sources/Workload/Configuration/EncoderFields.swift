extension ConfigurationReader {
  /// BERT: post-norm encoder; `training_head` chooses between the pooler (`none`) and the masked-token head (`mlm`).
  func bert(_ requested: Int?) throws(ModelError) -> ModelParts {
    let hidden = try integer("hidden_size", in: FieldRange.width)
    let layers = try integer("num_hidden_layers", in: FieldRange.layers)
    let vocabulary = try integer("vocab_size", in: FieldRange.vocabulary)
    let positions = try integer("max_position_embeddings", default: 512, in: FieldRange.sequence)
    let length = try boundedLength(requested, field: "max_position_embeddings", limit: positions)
    var block = try plainEncoder(hidden: hidden)
    block.placement = .after
    let embedding = TokenEmbeddingSpec(
      hidden: hidden, vocabulary: vocabulary, positions: positions,
      types: try integer("type_vocab_size", default: 2, in: FieldRange.sequence), norm: .layerNorm)
    return ModelParts(
      embedding: .tokenEmbedding(embedding), embeddingLength: length,
      blocks: .repeated(block, role: .encoder, layers: layers, sequenceLength: length),
      head: try bertHead(hidden: hidden, vocabulary: vocabulary), headLength: length)
  }

  /// A LayerNorm encoder block with biases; `qkv_bias` switches three of them.
  func plainEncoder(hidden: Int) throws(ModelError) -> TransformerSpec {
    let heads = try integer("num_attention_heads", in: FieldRange.heads)
    let dimension = try quotient("hidden_size", hidden, over: "num_attention_heads", heads)
    var attention = AttentionSpec.biased(hidden: hidden, heads: heads, dimension: dimension, pattern: .full)
    attention.setBiases(try boolean("qkv_bias", default: true), output: true)
    let width = try integer("intermediate_size", in: FieldRange.width)
    return TransformerSpec(
      hidden: hidden, attention: attention,
      feedForward: .dense(DenseSpec(width: width, isGated: false, hasBias: true)), norm: .layerNorm)
  }

  private func bertHead(hidden: Int, vocabulary: Int) throws(ModelError) -> HeadSpec {
    let name = try optionalText("training_head") ?? "none"
    switch name {
    case "none": return HeadSpec(task: .pooling, hidden: hidden, outputs: 0)
    case "mlm":
      return HeadSpec(
        task: .maskedLanguage, hidden: hidden, outputs: vocabulary, hasBias: true,
        isTied: try boolean("tie_word_embeddings", default: true))
    default: throw .unknownWord(field: "training_head", found: name, known: ["mlm", "none"])
    }
  }
}
