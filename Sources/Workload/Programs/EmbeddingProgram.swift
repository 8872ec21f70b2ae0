import Quantities

extension ProgramBuilder {
  /// Appends the look-up; under tensor parallelism each rank owns a part of the vocabulary and the parts are summed.
  mutating func tokenEmbedding(_ spec: TokenEmbeddingSpec) {
    let tokens = shape.tokens + (spec.decoderTokens > 0 ? shape.tokens(of: spec.decoderTokens) : 0)
    let rows = shape.split(tokens)
    let size = shape.activation(tokens, spec.hidden)
    let indices = Bytes.product(tokens, 8)
    compute(
      Operator(
        name: "token_embedding", forward: shape.memoryKernels(2 * size + indices, MemoryShape(.embeddingGather)),
        backwardInput: [],
        backwardWeight: shape.memoryKernels(3 * size + indices, MemoryShape(.embeddingScatter), .backward),
        savedBytes: indices))
    leaveTensor("token_embedding", tokens: tokens, width: spec.hidden)
    let added = (spec.positions > 0 ? 1 : 0) + (spec.types > 0 ? 1 : 0)
    let local = shape.activation(rows, spec.hidden)
    if added > 0 {
      memory(
        "position_embedding", MemoryShape(.add), forward: (2 + added) * local, backward: (1 + added) * local)
    }
    embeddingEnd(spec.norm, rows: rows, width: spec.hidden)
  }

  /// Appends the projection of patches, which every tensor-parallel rank does on its own tokens, and needs no gradient
  /// of the image.
  mutating func patchEmbedding(_ spec: PatchEmbeddingSpec) {
    let patches = shape.split(shape.tokens(of: spec.patches))
    let rows = shape.splitTokens
    let product = Kernel.gemm(m: patches, n: spec.hidden, k: spec.patchValues, format: shape.format)
    let weight = Kernel.gemm(
      m: spec.patchValues, n: spec.hidden, k: patches, format: shape.format, pass: .weightGradient)
    compute(
      Operator(
        name: "patch_embedding", forward: [product], backwardInput: [], backwardWeight: [weight],
        savedBytes: shape.operand(patches, spec.patchValues)))
    let size = shape.activation(rows, spec.hidden)
    if spec.hasPositions { memory("position_embedding", MemoryShape(.add), forward: 3 * size, backward: 2 * size) }
    embeddingEnd(spec.norm, rows: rows, width: spec.hidden)
  }

  private mutating func embeddingEnd(_ kind: NormKind?, rows: Int, width: Int) {
    let size = shape.activation(rows, width)
    if let kind { norm("embedding_norm", kind, rows: rows, width: width, joinsResidual: false) }
    guard shape.shard.dropout else { return }
    let mask = Bytes.product(rows, width)
    memory(
      "embedding_dropout", MemoryShape(.dropoutAdd), forward: 2 * size + mask, backward: 2 * size + mask, saved: mask)
  }
}
