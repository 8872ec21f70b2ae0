import Workload

/// Models small enough to simulate by the hundred.
public enum TinyModel: String, CaseIterable, Sendable {
  /// Grouped queries, gated network.
  case llama
  /// Tied embeddings, positions, biases.
  case gpt2
  /// Experts in every block.
  case mixtral
  /// Encoder and decoder; blocks of two kinds.
  case t5
  /// Norms on queries and keys.
  case qwen3

  /// A model of `blocks` blocks (T5: half of them decoder blocks, at least one of each).
  ///
  /// - Parameters:
  ///   - heads: Heads of eight features each.
  ///   - sequence: Tokens.
  /// - Throws: ``ModelError`` for sizes that do not fit.
  public func model(blocks: Int, heads: Int = 8, sequence: Int = 48) throws(ModelError) -> Model {
    try Model(
      name: rawValue, huggingFace: fields(blocks: blocks, heads: heads, sequence: sequence), sequenceLength: sequence)
  }

  private func fields(blocks: Int, heads: Int, sequence: Int) -> [String: ConfigurationValue] {
    let hidden = 8 * heads
    switch self {
    case .gpt2:
      return [
        "model_type": .text("gpt2"), "n_embd": .integer(hidden), "n_head": .integer(heads),
        "n_layer": .integer(blocks), "vocab_size": .integer(192), "n_positions": .integer(sequence),
      ]
    case .t5:
      return [
        "model_type": .text("t5"), "d_model": .integer(hidden), "d_kv": .integer(8), "d_ff": .integer(2 * hidden),
        "num_layers": .integer(max(1, blocks - blocks / 2)), "num_decoder_layers": .integer(max(1, blocks / 2)),
        "num_heads": .integer(heads), "vocab_size": .integer(192), "n_positions": .integer(sequence),
        "encoder_sequence_length": .integer(sequence),
      ]
    case .llama, .mixtral, .qwen3:
      return [
        "model_type": .text(rawValue), "hidden_size": .integer(hidden), "num_hidden_layers": .integer(blocks),
        "num_attention_heads": .integer(heads), "num_key_value_heads": .integer(heads / 2),
        "head_dim": .integer(8), "intermediate_size": .integer(2 * hidden), "vocab_size": .integer(192),
        "num_local_experts": .integer(8), "max_position_embeddings": .integer(sequence),
      ]
    }
  }
}
