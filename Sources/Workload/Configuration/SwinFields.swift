/// One stage of a Swin Transformer.
struct SwinStage {
  var depth: Int
  var width: Int
  var heads: Int
}

extension ConfigurationReader {
  /// The stages: width doubles from one to the next.
  func swinStages(width: Int) throws(ModelError) -> [SwinStage] {
    guard let depths = try optionalIntegers("depths", in: FieldRange.layers) else { throw .missing(field: "depths") }
    guard let heads = try optionalIntegers("num_heads", in: FieldRange.heads) else {
      throw .missing(field: "num_heads")
    }
    guard (1...16).contains(depths.count) else {
      throw .wrongLength(field: "depths", found: depths.count, expected: 4)
    }
    guard heads.count == depths.count else {
      throw .wrongLength(field: "num_heads", found: heads.count, expected: depths.count)
    }
    let widest = width << (depths.count - 1)
    guard FieldRange.width.contains(widest) else {
      throw .outOfRange(
        field: "embed_dim", found: width, minimum: 1,
        maximum: FieldRange.width.upperBound >> (depths.count - 1))
    }
    var stages: [SwinStage] = []
    for (index, depth) in depths.enumerated() {
      let stage = SwinStage(depth: depth, width: width << index, heads: heads[index])
      try requireMultiple("embed_dim * 2^\(index)", stage.width, of: "num_heads[\(index)]", stage.heads)
      stages.append(stage)
    }
    guard stages.reduce(0, { $0 + $1.depth }) <= FieldRange.layers.upperBound else { throw .tooManyParameters }
    return stages
  }

  /// The blocks of all stages; `side` patches along the first stage's image.
  func swinBlocks(_ stages: [SwinStage], side: Int) throws(ModelError) -> [ModelParts.Part] {
    let window = try integer("window_size", default: 7, in: FieldRange.side)
    let ratio = try number("mlp_ratio", default: 4)
    let hasBias = try boolean("qkv_bias", default: true)
    var blocks: [ModelParts.Part] = []
    var grid = side
    for (index, stage) in stages.enumerated() {
      let width = Double(stage.width) * ratio
      guard width >= 1, width <= Double(FieldRange.width.upperBound) else {
        throw .wrongKind(field: "mlp_ratio", found: .number(ratio), expected: "a ratio that gives a possible width")
      }
      let shape = SwinBlockShape(
        stage: stage, window: window, grid: grid, feedForward: Int(width), hasBias: hasBias)
      blocks += (0..<stage.depth).map { shape.part(depth: $0, mergesAfter: index < stages.count - 1) }
      grid = (grid + 1) / 2
    }
    return blocks
  }
}

/// What the blocks of one stage share.
private struct SwinBlockShape {
  var stage: SwinStage
  var window: Int
  var grid: Int
  var feedForward: Int
  var hasBias: Bool

  /// Odd blocks are shifted by half a window unless one window covers the image; the last block of a stage merges.
  func part(depth: Int, mergesAfter: Bool) -> ModelParts.Part {
    let side = min(window, grid)
    let isShifted = !depth.isMultiple(of: 2) && grid > window
    var attention = AttentionSpec.biased(
      hidden: stage.width, heads: stage.heads, dimension: stage.width / stage.heads,
      pattern: .windowed(side: side, grid: grid, isShifted: isShifted))
    attention.setBiases(hasBias, output: true)
    attention.addsScoreBias = true
    attention.biasTableSize = (2 * window - 1) * (2 * window - 1) * stage.heads
    var block = TransformerSpec(
      hidden: stage.width, attention: attention,
      feedForward: .dense(DenseSpec(width: feedForward, isGated: false, hasBias: true)), norm: .layerNorm)
    if mergesAfter && depth == stage.depth - 1 {
      let outputSide = (grid + 1) / 2
      block.merging = PatchMergingSpec(width: stage.width, outputTokens: outputSide * outputSide)
    }
    return ModelParts.Part(role: .encoder, block: block, sequenceLength: grid * grid)
  }
}
