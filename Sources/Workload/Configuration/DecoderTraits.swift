/// How the families with Llama's field names differ: class defaults and what no field says.
struct DecoderTraits {
  /// Which biases the attention has.
  enum AttentionBias {
    /// `attention_bias` switches all four, with this default.
    case field(Bool)
    /// Query, key and value only, whatever the fields say (Qwen 2).
    case queryKeyValue
    /// Query, key and value only, switched by `qkv_bias` (Qwen 2 with experts).
    case queryKeyValueField
  }

  /// Which layers attend to a window.
  enum Window {
    /// None.
    case never
    /// All, when `sliding_window` is set; the default otherwise.
    case always(default: Int?)
    /// Those from `max_window_layers` on, when `use_sliding_window` is true.
    case upper
    /// All but every `period`-th.
    case alternating(period: Int, default: Int)
  }

  /// Where the experts are described.
  enum Experts {
    case none
    case mixtral
    case qwen2
    case qwen3
    case gptOss
  }

  var bias = AttentionBias.field(false)
  var window = Window.never
  var experts = Experts.none
  /// Default of `num_key_value_heads`; `nil`: as many as query heads.
  var keyValueHeads: Int?
  /// Default of `head_dim`; `nil`: width over heads.
  var headDimension: Int?
  var isTied = false
  var normalizesHeads = false
  var placement = NormPlacement.before
  var hasSinks = false

  /// The defaults of the classes in transformers 5.23.
  init(_ family: ModelFamily) {
    switch family {
    case .mistral: (keyValueHeads, window) = (8, .always(default: 4096))
    case .mixtral: (keyValueHeads, window, experts) = (8, .always(default: nil), .mixtral)
    case .qwen2: (bias, window) = (.queryKeyValue, .upper)
    case .qwen3: (headDimension, window, normalizesHeads) = (128, .upper, true)
    case .qwen2Moe: (bias, window, experts) = (.queryKeyValueField, .upper, .qwen2)
    case .qwen3Moe: (window, normalizesHeads, experts) = (.upper, true, .qwen3)
    case .gemma: (headDimension, isTied) = (256, true)
    case .gemma2: adoptGemma(window: .alternating(period: 2, default: 4096))
    case .gemma3Text:
      adoptGemma(window: .alternating(period: 6, default: 4096))
      normalizesHeads = true
    case .gptOss: adoptGptOss()
    default: break
    }
  }

  private mutating func adoptGemma(window: Window) {
    (keyValueHeads, headDimension, isTied, placement) = (4, 256, true, .around)
    self.window = window
  }

  private mutating func adoptGptOss() {
    (keyValueHeads, headDimension, bias, experts) = (8, 64, .field(true), .gptOss)
    window = .alternating(period: 2, default: 128)
    hasSinks = true
  }
}
