import Quantities

/// The projections of multi-head latent attention (DeepSeek-AI 2024, arXiv 2405.04434, section 2.1). The compressing
/// products and norms are done by every tensor-parallel rank on its own tokens; the expanding products split heads.
extension ProgramBuilder {
  mutating func latentProjections(_ part: AttentionShare, _ latent: LatentSpec) {
    queryProjections(part, latent)
    keyValueProjections(part, latent)
  }

  private mutating func queryProjections(_ part: AttentionShare, _ latent: LatentSpec) {
    let hidden = part.spec.hidden
    let rows = shape.splitTokens
    let input = shape.operand(rows, hidden)
    guard let rank = latent.queryRank else {
      enterTensor("query_input", tokens: shape.tokens, width: hidden)
      linear(
        "query_projection", rows: shape.tokens, inputs: hidden, outputs: part.queryWidth,
        saved: input + part.savedProjections)
      return regatherTensor("query_input", tokens: shape.tokens, width: hidden)
    }
    linear("query_down_projection", rows: rows, inputs: hidden, outputs: rank, saved: input)
    norm("query_latent_norm", .rms, rows: rows, width: rank, joinsResidual: false)
    enterTensor("query_latent", tokens: shape.tokens, width: rank)
    linear(
      "query_up_projection", rows: shape.tokens, inputs: rank, outputs: part.queryWidth,
      saved: shape.operand(rows, rank) + part.savedProjections)
    regatherTensor("query_latent", tokens: shape.tokens, width: rank)
  }

  /// The input is the queries' too, hence saved there. The rotary part of the key travels with the latent.
  private mutating func keyValueProjections(_ part: AttentionShare, _ latent: LatentSpec) {
    let rows = shape.splitTokens
    let rank = latent.keyValueRank
    let gathered = rank + latent.rotaryDimension
    linear("key_value_down_projection", rows: rows, inputs: part.spec.hidden, outputs: gathered, saved: .zero)
    norm("key_value_latent_norm", .rms, rows: rows, width: rank, joinsResidual: false)
    enterTensor("key_value_latent", tokens: shape.tokens, width: gathered)
    linear(
      "key_value_up_projection", rows: shape.tokens, inputs: rank,
      outputs: share(part.spec.expandedWidth(latent), of: shape.tensor), saved: shape.operand(rows, rank))
    regatherTensor("key_value_latent", tokens: shape.tokens, width: gathered)
  }
}
