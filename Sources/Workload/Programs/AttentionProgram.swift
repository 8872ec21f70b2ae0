import Quantities

extension ProgramBuilder {
  /// Appends projections, exchanges, core and output projection of self-attention, without the sum over the
  /// tensor-parallel group that follows.
  mutating func selfAttention(_ spec: AttentionSpec) {
    let part = AttentionShare(spec: spec, shape: shape)
    if let latent = spec.latent {
      latentProjections(part, latent)
    } else {
      projections(part)
    }
    headPositions(part)
    enterWindows(part)
    core(part)
    leaveWindows(part)
    output("attention_output", part)
  }

  /// Appends attention of the decoder's tokens over the encoder's output. Keys and values are projected from the
  /// encoder's tokens, which one block keeps for all.
  mutating func crossAttention(_ spec: AttentionSpec, keepsEncoderOutput: Bool) {
    let part = AttentionShare(spec: spec, shape: shape)
    let tokens = shape.tokens
    enterTensor("cross_query", tokens: tokens, width: spec.hidden)
    linear(
      "cross_query_projection", rows: tokens, inputs: spec.hidden, outputs: part.queryWidth,
      saved: shape.operand(shape.splitTokens, spec.hidden) + part.savedProjections)
    regatherTensor("cross_query", tokens: tokens, width: spec.hidden)
    let kept = keepsEncoderOutput ? shape.operand(shape.split(part.keyTokens), spec.hidden) : .zero
    enterTensor("cross_key_value", tokens: part.keyTokens, width: spec.hidden)
    linear(
      "cross_key_value_projection", rows: part.keyTokens, inputs: spec.hidden, outputs: part.keyValueWidth,
      saved: kept)
    regatherTensor("cross_key_value", tokens: part.keyTokens, width: spec.hidden)
    core(part)
    output("cross_attention_output", part)
  }

  private mutating func projections(_ part: AttentionShare) {
    let hidden = part.spec.hidden
    enterTensor("attention_input", tokens: shape.tokens, width: hidden)
    linear(
      "qkv_projection", rows: shape.tokens, inputs: hidden, outputs: part.queryWidth + part.keyValueWidth,
      saved: shape.operand(shape.splitTokens, hidden) + part.savedProjections)
    regatherTensor("attention_input", tokens: shape.tokens, width: hidden)
  }

  /// Head norms and rotation of queries and keys; latent attention also copies the shared key to all heads.
  private mutating func headPositions(_ part: AttentionShare) {
    let spec = part.spec
    let size = shape.activation(
      shape.tokens, part.queryWidth + part.keyValueHeads * spec.headDimension)
    if spec.normalizesHeads {
      memory(
        "query_key_norm", MemoryShape(.rmsNorm, width: spec.headDimension), forward: 2 * size, backward: 3 * size,
        saved: size)
    }
    if spec.isRotary { memory("rotary", MemoryShape(.rotary), forward: 2 * size, backward: 2 * size) }
  }

  /// Cutting an image into windows copies it once, and once more when the windows are shifted.
  private mutating func enterWindows(_ part: AttentionShare) {
    guard case .windowed(_, _, let isShifted) = part.spec.pattern else { return }
    let size = (isShifted ? 4 : 2) * shape.activation(shape.tokens, part.queryWidth + part.keyValueWidth)
    memory("window_partition", MemoryShape(.permute), forward: size, backward: size)
  }

  private mutating func leaveWindows(_ part: AttentionShare) {
    guard case .windowed(_, _, let isShifted) = part.spec.pattern else { return }
    let size = (isShifted ? 4 : 2) * shape.activation(shape.tokens, part.contextWidth)
    memory("window_merge", MemoryShape(.permute), forward: size, backward: size)
  }

  /// The exchanges of sequence splits around the core.
  private mutating func core(_ part: AttentionShare) {
    ulysses("attention_heads_exchange", Self.projectionExchange(part))
    if part.exchangesKeys {
      collective(
        "key_value_gather", .context, forward: CollectiveCall(kind: .allGather, payload: part.groupKeyValues),
        backward: CollectiveCall(kind: .reduceScatter, payload: part.groupKeyValues))
    }
    if case .windowed = part.spec.pattern {
      unfusedAttention(part.core)
    } else if shape.shard.attention == .unfused {
      unfusedAttention(part.core)
    } else {
      flashAttention(part.core)
    }
    if part.exchangesKeys {
      collective(
        "key_value_regather", .context, forward: nil,
        backward: CollectiveCall(kind: .allGather, payload: part.groupKeyValues))
    }
    ulysses("attention_tokens_exchange", shape.activation(shape.tokens, part.contextWidth))
  }

  /// What a rank sends before the core: its tokens' queries, keys and values; keys held several times are sent so.
  private static func projectionExchange(_ part: AttentionShare) -> Bytes {
    let degree = part.shape.shard.ulysses
    let copies = part.coreKeyValueHeads * degree * (part.spec.headDimension + part.spec.valueDimension)
    return part.shape.activation(part.shape.tokens, part.queryWidth) + part.shape.activation(part.keyTokens, copies)
  }

  /// An all-to-all between a split of positions and a split of heads (Jacobs et al. 2023, arXiv 2309.14509).
  private mutating func ulysses(_ name: String, _ payload: Bytes) {
    guard shape.shard.ulysses > 1 else { return }
    let call = CollectiveCall(kind: .allToAll, payload: payload)
    collective(name, .ulysses, forward: call, backward: call)
  }

  private mutating func output(_ name: String, _ part: AttentionShare) {
    linear(
      name, rows: shape.tokens, inputs: part.contextWidth, outputs: part.spec.hidden, saved: part.context)
  }
}
