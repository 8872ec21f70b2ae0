/// What a family reads from a configuration, before layers are numbered.
struct ModelParts {
  /// A block with its place.
  struct Part: Hashable {
    var role: LayerRole
    var block: TransformerSpec
    var sequenceLength: Int
  }

  /// The first layer and its positions.
  var embedding: Block
  var embeddingLength: Int
  /// The blocks in order.
  var blocks: [Part]
  /// The last layer and its positions.
  var head: HeadSpec
  var headLength: Int
}

extension Model {
  /// Numbers the kinds of blocks in order of appearance and checks that the parameters can be counted.
  init(name: String, parts: ModelParts) throws(ModelError) {
    var indices: [ModelParts.Part: Int] = [:]
    let blocks = parts.blocks.map { part in
      let index = indices[part] ?? indices.count
      indices[part] = index
      return Layer(
        role: part.role, typeIndex: index, block: .transformer(part.block), sequenceLength: part.sequenceLength)
    }
    self.init(
      name: name,
      embedding: Layer(
        role: .embedding, typeIndex: 0, block: parts.embedding, sequenceLength: parts.embeddingLength),
      blocks: blocks,
      head: Layer(role: .head, typeIndex: 0, block: .head(parts.head), sequenceLength: parts.headLength),
      tiesEmbeddings: parts.head.isTied)
    let estimate = layers.reduce(0.0) { total, layer in
      total + layer.parameters.reduce(0.0) { $0 + Double($1.count) }
    }
    guard estimate < 4_611_686_018_427_387_904 else { throw .tooManyParameters }
  }
}
