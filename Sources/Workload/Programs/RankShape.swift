import Quantities

/// The sizes one rank works with, derived from a layer's positions and a shard.
///
/// Shares are rounded up, so a shape that does not divide evenly costs what the fullest rank pays.
struct RankShape {
  /// The share and the numbers.
  let shard: LayerShard
  /// Positions of the layer, whole.
  let sequence: Int

  /// Sequences of the micro-batch, at most 2^20 so that no product leaves 64 bits.
  var batch: Int { min(shard.microBatch, 1_048_576) }
  /// Tensor-parallel degree.
  var tensor: Int { shard.tensorParallel }
  /// Whether norms, dropouts and residuals are split over the tensor-parallel group.
  var isSplit: Bool { shard.sequenceParallel && tensor > 1 }
  /// Tokens the matrix products of this rank see.
  var tokens: Int { tokens(of: sequence) }
  /// Tokens the norms, dropouts and residuals of this rank see.
  var splitTokens: Int { split(tokens) }

  /// Tokens of this rank when `positions` are split by Ulysses and context parallelism.
  func tokens(of positions: Int) -> Int {
    Int(Bytes.product(batch, share(positions, of: shard.ulysses * shard.contextParallel)).count)
  }

  /// The share of `tokens` outside the matrix products: less only under Megatron sequence parallelism.
  func split(_ tokens: Int) -> Int { isSplit ? share(tokens, of: tensor) : tokens }

  /// Arithmetic of the weight products.
  var format: NumberFormat { shard.format }
  /// Storage of everything that is not the operand of a weight product; fp8 training keeps bf16 there.
  var storage: NumberFormat { shard.format == .fp8 ? .bf16 : shard.format }
  /// Bytes of a stored activation.
  var elementBytes: Int { Int(storage.bytesPerElement) }
  /// Bytes of a saved operand of a weight product.
  var operandBytes: Int { Int(format.bytesPerElement) }

  /// Size of an activation of `rows x columns`.
  func activation(_ rows: Int, _ columns: Int) -> Bytes { .product(rows, columns, elementBytes) }

  /// Size of a saved operand of a weight product.
  func operand(_ rows: Int, _ columns: Int) -> Bytes { .product(rows, columns, operandBytes) }
}
