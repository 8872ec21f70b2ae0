/// The model families whose configuration files are understood; the raw value is `model_type`.
public enum ModelFamily: String, CaseIterable, Hashable, Sendable {
  /// Llama.
  case llama
  /// Mistral.
  case mistral
  /// Mixtral.
  case mixtral
  /// Qwen 2 and 2.5.
  case qwen2
  /// Qwen 3.
  case qwen3
  /// Qwen 1.5 and 2 with experts.
  case qwen2Moe = "qwen2_moe"
  /// Qwen 3 with experts.
  case qwen3Moe = "qwen3_moe"
  /// Gemma.
  case gemma
  /// Gemma 2.
  case gemma2
  /// The language model of Gemma 3.
  case gemma3Text = "gemma3_text"
  /// GPT-2, and GPT-3 in its layout.
  case gpt2
  /// GPT-NeoX and Pythia.
  case gptNeoX = "gpt_neox"
  /// BERT.
  case bert
  /// T5.
  case t5
  /// Vision Transformer.
  case vit
  /// Swin Transformer.
  case swin
  /// DeepSeek V2.
  case deepSeekV2 = "deepseek_v2"
  /// DeepSeek V3.
  case deepSeekV3 = "deepseek_v3"
  /// gpt-oss.
  case gptOss = "gpt_oss"

  /// The family a configuration names.
  init(_ reader: ConfigurationReader) throws(ModelError) {
    if let name = try reader.optionalText("model_type") {
      guard let family = Self(rawValue: name) else { throw .unknownModelType(name) }
      self = family
      return
    }
    guard let first = try reader.optionalList("architectures")?.first else { throw .missingModelType }
    guard case .text(let architecture) = first else {
      throw .wrongKind(field: "architectures[0]", found: first, expected: "a text")
    }
    guard let family = Self(architecture: architecture) else { throw .unknownModelType(architecture) }
    self = family
  }

  /// The family of a class such as `Qwen2MoeForCausalLM`: the longest family name the class name starts with.
  init?(architecture: String) {
    let lowered = architecture.lowercased()
    let named = Self.allCases.filter { lowered.hasPrefix($0.rawValue.filter { $0 != "_" }) }
    guard let family = named.max(by: { $0.rawValue.count < $1.rawValue.count }) else { return nil }
    self = family
  }
}

extension Model {
  /// Reads the fields of a Hugging Face `config.json`.
  ///
  /// Absent fields take the default of the family's class; shapes without a sensible default are required. Keys of our
  /// own: `training_head` (`mlm` or `none`, BERT only, default `none`: the pooler, as in `BertModel`) and
  /// `encoder_sequence_length` (T5 only). DeepSeek's multi-token-prediction modules are not part of the model.
  ///
  /// - Parameters:
  ///   - name: For people.
  ///   - fields: The top-level fields; nested objects that no family needs can be left out.
  ///   - sequenceLength: Tokens of a sequence; `nil` takes the longest the model supports. For vision models `nil` or
  ///     the number of tokens the image makes.
  /// - Throws: ``ModelError`` for the first field that is wrong.
  public init(
    name: String, huggingFace fields: [String: ConfigurationValue], sequenceLength: Int? = nil
  ) throws(ModelError) {
    let reader = ConfigurationReader(fields: fields)
    if let length = sequenceLength, !FieldRange.sequence.contains(length) {
      throw .outOfRange(
        field: "sequence length", found: length, minimum: 1, maximum: FieldRange.sequence.upperBound)
    }
    let parts =
      switch try ModelFamily(reader) {
      case .gpt2: try reader.gpt2(sequenceLength)
      case .gptNeoX: try reader.gptNeoX(sequenceLength)
      case .bert: try reader.bert(sequenceLength)
      case .t5: try reader.t5(sequenceLength)
      case .vit: try reader.vit(sequenceLength)
      case .swin: try reader.swin(sequenceLength)
      case .deepSeekV2: try reader.deepSeek(sequenceLength, defaultDenseLayers: 0)
      case .deepSeekV3: try reader.deepSeek(sequenceLength, defaultDenseLayers: 3)
      case let family: try reader.decoder(DecoderTraits(family), sequenceLength)
      }
    try self.init(name: name, parts: parts)
  }
}
