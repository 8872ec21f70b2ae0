import Quantities
import Workload

/// Small configurations and sums the suites share.
enum TestModels {
  /// GPT-2 layout with `hidden` 64, four heads.
  static func gpt(hidden: Int = 64, heads: Int = 4, layers: Int = 2, vocabulary: Int = 128, positions: Int = 32)
    -> [String: ConfigurationValue]
  {
    [
      "model_type": .text("gpt2"), "n_embd": .integer(hidden), "n_head": .integer(heads), "n_layer": .integer(layers),
      "vocab_size": .integer(vocabulary), "n_positions": .integer(positions),
    ]
  }

  /// Llama with grouped queries.
  static func llama(type: String = "llama", _ more: [String: ConfigurationValue] = [:])
    -> [String: ConfigurationValue]
  {
    let base: [String: ConfigurationValue] = [
      "model_type": .text(type), "hidden_size": .integer(64), "num_hidden_layers": .integer(4),
      "num_attention_heads": .integer(8), "num_key_value_heads": .integer(4), "intermediate_size": .integer(96),
      "moe_intermediate_size": .integer(48), "shared_expert_intermediate_size": .integer(96),
      "vocab_size": .integer(256), "max_position_embeddings": .integer(64),
    ]
    return base.merging(more) { $1 }
  }

  /// DeepSeek in miniature: one dense layer, then experts.
  static let deepSeek: [String: ConfigurationValue] = llama(
    type: "deepseek_v3",
    [
      "q_lora_rank": .integer(32), "kv_lora_rank": .integer(16), "qk_nope_head_dim": .integer(8),
      "qk_rope_head_dim": .integer(4), "v_head_dim": .integer(8), "n_routed_experts": .integer(8),
      "num_experts_per_tok": .integer(2), "n_shared_experts": .integer(1), "first_k_dense_replace": .integer(1),
    ])

  /// BERT in miniature.
  static let bert: [String: ConfigurationValue] = llama(type: "bert")

  /// T5 in miniature, with a shorter decoder.
  static let t5: [String: ConfigurationValue] = [
    "model_type": .text("t5"), "d_model": .integer(64), "d_kv": .integer(16), "d_ff": .integer(128),
    "num_layers": .integer(3), "num_heads": .integer(8), "vocab_size": .integer(256), "n_positions": .integer(32),
    "encoder_sequence_length": .integer(64),
  ]

  /// Swin in miniature: grids of 8, 4 and 2 patches, windows of 4.
  static let swin: [String: ConfigurationValue] = [
    "model_type": .text("swin"), "image_size": .integer(32), "patch_size": .integer(4), "embed_dim": .integer(32),
    "depths": .list([.integer(2), .integer(4), .integer(2)]),
    "num_heads": .list([.integer(4), .integer(8), .integer(16)]), "window_size": .integer(4),
  ]

  /// ViT in miniature: 16 patches and a class token.
  static let vit: [String: ConfigurationValue] = llama(
    type: "vit", ["image_size": .integer(64), "patch_size": .integer(16)])

  /// One of each kind.
  static let all: [[String: ConfigurationValue]] =
    [gpt(), deepSeek, bert, t5, swin, vit]
    + ["llama", "mistral", "mixtral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text", "gpt_oss", "gpt_neox"]
    .map { llama(type: $0) } + [
      llama(type: "qwen2_moe", ["num_experts": .integer(8)]), llama(type: "qwen3_moe", ["num_experts": .integer(16)]),
    ]
}

extension [LayerElement] {
  /// The operators alone.
  var operators: [Operator] {
    compactMap { element in
      if case .compute(let operation) = element { operation } else { nil }
    }
  }

  /// The collectives alone.
  var collectives: [LayerCollective] {
    compactMap { element in
      if case .collective(let collective) = element { collective } else { nil }
    }
  }

  /// Bytes kept for the backward pass.
  var savedBytes: Int64 { operators.reduce(0) { $0 + $1.savedBytes.count } }

  /// Floating-point operations of the forward pass.
  var forwardOperations: Double { operators.reduce(0) { $0 + $1.forward.operations } }

  /// Floating-point operations of the backward pass.
  var backwardOperations: Double {
    operators.reduce(0) { $0 + $1.backwardInput.operations + $1.backwardWeight.operations }
  }

  /// Position of an operator or collective in the program.
  func position(_ name: String) -> Int? {
    firstIndex { element in
      switch element {
      case .compute(let operation): operation.name == name
      case .collective(let collective): collective.name == name
      }
    }
  }
}

extension [Kernel] {
  /// Their floating-point operations.
  var operations: Double { reduce(0) { $0 + $1.operations.count } }
}
