import Quantities

extension Layer {
  /// The layer's program on one rank, in forward order; the backward pass walks it in reverse.
  ///
  /// Operators and collectives stand so that a reversed walk issues each where it belongs: the sum of an input's gradient
  /// stands before the product that makes it, a second gathering of an input stands after the product that needs it.
  public func elements(_ shard: LayerShard) -> [LayerElement] {
    var builder = ProgramBuilder(RankShape(shard: shard, sequence: sequenceLength))
    switch block {
    case .tokenEmbedding(let spec): builder.tokenEmbedding(spec)
    case .patchEmbedding(let spec): builder.patchEmbedding(spec)
    case .transformer(let spec): builder.transformer(spec)
    case .head(let spec): builder.head(spec)
    }
    return builder.elements
  }

  /// Bytes of the activation one rank hands to the next layer; zero for the head.
  ///
  /// A decoder block of an encoder-decoder model hands on the encoder's output too, for the blocks after it.
  public func outputBytes(_ shard: LayerShard) -> Bytes {
    let shape = RankShape(shard: shard, sequence: sequenceLength)
    switch block {
    case .tokenEmbedding(let spec): return shape.activation(shape.splitTokens, spec.hidden)
    case .patchEmbedding(let spec): return shape.activation(shape.splitTokens, spec.hidden)
    case .head: return .zero
    case .transformer(let spec):
      let tokens = shape.split(shape.tokens(of: spec.merging?.outputTokens ?? sequenceLength))
      let encoder = spec.crossAttention?.keyLength.map { shape.split(shape.tokens(of: $0)) } ?? 0
      return shape.activation(tokens + encoder, spec.outputWidth)
    }
  }
}
