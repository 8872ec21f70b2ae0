extension ConfigurationReader {
  /// Vision Transformer: patches, class token, learned positions, a classifier on the class token.
  func vit(_ requested: Int?) throws(ModelError) -> ModelParts {
    let hidden = try integer("hidden_size", in: FieldRange.width)
    let layers = try integer("num_hidden_layers", in: FieldRange.layers)
    let patch = try patchEmbedding(hidden: hidden, defaultPatch: 16)
    let length = patch.patches + 1
    try requireLength(requested, length)
    var embedding = patch
    embedding.hasClassToken = true
    embedding.hasPositions = true
    let block = try plainEncoder(hidden: hidden)
    return ModelParts(
      embedding: .patchEmbedding(embedding), embeddingLength: length,
      blocks: .repeated(block, role: .encoder, layers: layers, sequenceLength: length),
      head: try classifier(hidden: hidden), headLength: length)
  }

  /// Swin Transformer: stages of windowed blocks, each but the last ending in a patch merging.
  func swin(_ requested: Int?) throws(ModelError) -> ModelParts {
    let width = try integer("embed_dim", in: FieldRange.width)
    var embedding = try patchEmbedding(hidden: width, defaultPatch: 4)
    embedding.norm = .layerNorm
    try requireLength(requested, embedding.patches)
    let stages = try swinStages(width: width)
    let blocks = try swinBlocks(stages, side: Self.squareRoot(embedding.patches))
    guard let last = blocks.last else { throw .missing(field: "depths") }
    return ModelParts(
      embedding: .patchEmbedding(embedding), embeddingLength: embedding.patches, blocks: blocks,
      head: try classifier(hidden: last.block.hidden), headLength: last.sequenceLength)
  }

  private func patchEmbedding(hidden: Int, defaultPatch: Int) throws(ModelError) -> PatchEmbeddingSpec {
    let image = try integer("image_size", default: 224, in: FieldRange.side)
    let patch = try integer("patch_size", default: defaultPatch, in: FieldRange.side)
    try requireMultiple("image_size", image, of: "patch_size", patch)
    let side = image / patch
    return PatchEmbeddingSpec(
      hidden: hidden, patchSize: patch, channels: try integer("num_channels", default: 3, in: FieldRange.side),
      patches: side * side)
  }

  /// Published files imply 1000 classes (ImageNet) through a list of labels, not through `num_labels`.
  private func classifier(hidden: Int) throws(ModelError) -> HeadSpec {
    HeadSpec(
      task: .classification, hidden: hidden, outputs: try integer("num_labels", default: 1000, in: FieldRange.width),
      norm: .layerNorm, hasBias: true)
  }

  private func requireLength(_ requested: Int?, _ length: Int) throws(ModelError) {
    guard let requested, requested != length else { return }
    throw .fixedSequenceLength(found: requested, required: length)
  }

  private static func squareRoot(_ square: Int) -> Int { Int(Double(square).squareRoot()) }
}
