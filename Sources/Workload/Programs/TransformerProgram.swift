import Quantities

extension ProgramBuilder {
  /// Appends a whole block.
  mutating func transformer(_ spec: TransformerSpec) {
    if spec.isParallel {
      parallelSublayers(spec)
    } else {
      sublayer("attention", spec) { $0.attention(spec) }
      if let cross = spec.crossAttention {
        sublayer("cross_attention", spec) { builder in
          builder.crossAttention(cross, keepsEncoderOutput: spec.keepsEncoderOutput)
          builder.leaveTensor("cross_attention", tokens: builder.shape.tokens, width: spec.hidden)
        }
      }
      sublayer("feed_forward", spec) { $0.feedForward(spec) }
    }
    if spec.endsWithNorm {
      norm("final_norm", spec.norm, rows: shape.splitTokens, width: spec.hidden, joinsResidual: false)
    }
    if let merging = spec.merging { patchMerging(merging, spec.norm) }
  }

  /// Norms and residual around one sub-layer.
  private mutating func sublayer(
    _ name: String, _ spec: TransformerSpec, _ body: (inout ProgramBuilder) -> Void
  ) {
    let rows = shape.splitTokens
    if spec.placement != .after { norm("\(name)_norm", spec.norm, rows: rows, width: spec.hidden) }
    body(&self)
    if spec.placement == .around {
      norm("\(name)_output_norm", spec.norm, rows: rows, width: spec.hidden, joinsResidual: false)
    }
    residual("\(name)_residual", rows: rows, width: spec.hidden)
    if spec.placement == .after { norm("\(name)_norm", spec.norm, rows: rows, width: spec.hidden) }
  }

  private mutating func attention(_ spec: TransformerSpec) {
    selfAttention(spec.attention)
    leaveTensor("attention", tokens: shape.tokens, width: spec.hidden)
  }

  private mutating func feedForward(_ spec: TransformerSpec) {
    switch spec.feedForward {
    case .dense(let network):
      dense(network, hidden: spec.hidden, prefix: "feed_forward")
      leaveTensor("feed_forward", tokens: shape.tokens, width: spec.hidden)
    case .mixture(let network): mixture(network, hidden: spec.hidden)
    }
  }

  /// Both sub-layers read the block's input, which one of the two norms keeps, and share one reduction
  /// (Black et al. 2022, arXiv 2204.06745, section 2.1).
  private mutating func parallelSublayers(_ spec: TransformerSpec) {
    let rows = shape.splitTokens
    let size = shape.activation(rows, spec.hidden)
    norm("attention_norm", spec.norm, rows: rows, width: spec.hidden)
    selfAttention(spec.attention)
    memory(
      "feed_forward_norm", MemoryShape(spec.norm.memoryOperator, width: spec.hidden), forward: 2 * size,
      backward: 4 * size)
    switch spec.feedForward {
    case .dense(let network):
      dense(network, hidden: spec.hidden, prefix: "feed_forward")
      leaveTensor("block", tokens: shape.tokens, width: spec.hidden)
    case .mixture(let network): mixture(network, hidden: spec.hidden)
    }
    residual("attention_residual", rows: rows, width: spec.hidden)
    residual("feed_forward_residual", rows: rows, width: spec.hidden)
  }

  /// Gathers 2 x 2 patches, normalises and projects them.
  private mutating func patchMerging(_ spec: PatchMergingSpec, _ kind: NormKind) {
    let rows = shape.split(shape.tokens(of: spec.outputTokens))
    let size = shape.activation(rows, 4 * spec.width)
    memory("patch_gather", MemoryShape(.permute), forward: 2 * size, backward: 2 * size)
    norm("patch_merging_norm", kind, rows: rows, width: 4 * spec.width, joinsResidual: false)
    linear(
      "patch_merging", rows: rows, inputs: 4 * spec.width, outputs: 2 * spec.width,
      saved: shape.operand(rows, 4 * spec.width))
  }
}
