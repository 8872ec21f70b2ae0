import Workload

/// Finds the model a row describes by its shape.
struct RunModelMapping {
  let run: MeasuredRun

  /// Names of models whose shape is more than the columns of a table say.
  private static let foreign = [
    ("t5", "the shapes of encoder and decoder are not in the row"),
    ("hybrid", "state-space layers do not exist"), ("mamba", "state-space layers do not exist"),
    ("nemotron", "state-space layers do not exist"),
    ("multimodal", "models of several modalities do not exist"), ("vlm", "models of several modalities do not exist"),
    ("grpo", "reinforcement learning does not exist"), ("distill", "a teacher beside the model does not exist"),
  ]

  /// The model, or why there is none; notes say what was assumed.
  func model(_ notes: inout [String]) throws(RunGap) -> Model {
    let name = run.words("model")
    for (word, reason) in Self.foreign where name.hasPrefix(word) || name.contains("_" + word) {
      throw RunGap(reason)
    }
    let hidden = try run.required("hidden")
    let heads = try heads(hidden, &notes)
    let vocabulary = vocabulary(&notes)
    let layers = try layers(hidden, vocabulary, &notes)
    let length = try run.required("seq")
    var fields: [String: ConfigurationValue]
    if name.contains("deepseekv") {
      fields = Self.deepSeek(name, layers: layers)
    } else if isMixture {
      throw RunGap("experts of plain networks, and their number, are not in the row")
    } else if run.text("gated_ffn") == "1" {
      fields = try llama(hidden, heads)
    } else if name.hasPrefix("bert") {
      fields = try bert(hidden, heads, length)
    } else {
      fields = try gpt(hidden, heads, length)
    }
    fields[name.hasPrefix("bert") || fields["hidden_size"] != nil ? "num_hidden_layers" : "n_layer"] = .integer(layers)
    fields["vocab_size"] = .integer(vocabulary)
    do throws(ModelError) {
      return try Model(name: run.text("model"), huggingFace: fields, sequenceLength: length)
    } catch { throw RunGap("the model cannot be built: \(error)") }
  }

  private var isMixture: Bool {
    let name = run.words("model") + " " + run.words("note")
    return (run.count("ep") ?? 1) > 1
      || ["moe", "experts", "mixtral", "switch", "_a22b", "num-experts"].contains { name.contains($0) }
  }

  private func llama(_ hidden: Int, _ heads: Int) throws(RunGap) -> [String: ConfigurationValue] {
    [
      "model_type": .text("llama"), "hidden_size": .integer(hidden), "num_attention_heads": .integer(heads),
      "num_key_value_heads": .integer(run.count("kv_heads") ?? heads),
      "intermediate_size": .integer(try run.required("ffn")),
      "tie_word_embeddings": .boolean(run.text("tied_embeddings") == "1"),
    ]
  }

  private func gpt(_ hidden: Int, _ heads: Int, _ length: Int) throws(RunGap) -> [String: ConfigurationValue] {
    var fields: [String: ConfigurationValue] = [
      "model_type": .text("gpt2"), "n_embd": .integer(hidden), "n_head": .integer(heads),
      "n_inner": .integer(run.count("ffn") ?? 4 * hidden), "n_positions": .integer(length),
    ]
    if run.words("note").contains("untied embeddings") { fields["tie_word_embeddings"] = .boolean(false) }
    return fields
  }

  private func bert(_ hidden: Int, _ heads: Int, _ length: Int) throws(RunGap) -> [String: ConfigurationValue] {
    [
      "model_type": .text("bert"), "hidden_size": .integer(hidden), "num_attention_heads": .integer(heads),
      "intermediate_size": .integer(run.count("ffn") ?? 4 * hidden), "max_position_embeddings": .integer(length),
      "training_head": .text(run.words("model").contains("squad") ? "none" : "mlm"),
    ]
  }

  /// Cuts of DeepSeek V2 and V3 to few layers: all mixtures, as the launch scripts of github.com/MooreThreads/SimuMax
  /// @4dcaae513b set them up; shapes from the papers (arXiv 2405.04434, 2412.19437).
  private static func deepSeek(_ name: String, layers: Int) -> [String: ConfigurationValue] {
    let isThird = name.contains("v3")
    return [
      "model_type": .text(isThird ? "deepseek_v3" : "deepseek_v2"), "hidden_size": .integer(isThird ? 7168 : 5120),
      "num_attention_heads": .integer(128), "intermediate_size": .integer(isThird ? 18_432 : 12_288),
      "moe_intermediate_size": .integer(isThird ? 2048 : 1536), "n_routed_experts": .integer(isThird ? 256 : 160),
      "num_experts_per_tok": .integer(isThird ? 8 : 6), "n_shared_experts": .integer(isThird ? 1 : 2),
      "first_k_dense_replace": .integer(0), "q_lora_rank": .integer(1536), "kv_lora_rank": .integer(512),
      "qk_rope_head_dim": .integer(64), "qk_nope_head_dim": .integer(128), "v_head_dim": .integer(128),
    ]
  }

  /// Heads of 128 columns where the row has none, as GPT-3 has.
  private func heads(_ hidden: Int, _ notes: inout [String]) throws(RunGap) -> Int {
    if let heads = run.count("heads") { return heads }
    let split = run.count("tp") ?? 1
    guard
      let heads = (1...max(1, hidden / 64)).filter({ hidden % $0 == 0 && $0 % split == 0 })
        .min(by: { abs(hidden / $0 - 128) < abs(hidden / $1 - 128) })
    else { throw RunGap("heads: not in the row") }
    notes.append("heads not in the row: \(heads) of \(hidden / heads) columns")
    return heads
  }

  /// The vocabulary of GPT-2, padded for tensor parallelism as Megatron pads it, where the row has none.
  private func vocabulary(_ notes: inout [String]) -> Int {
    let split = run.count("tp") ?? 1
    let padding = 128 * split
    let stated = run.count("vocab")
    let count = stated ?? 50_257
    if stated == nil { notes.append("vocabulary not in the row: GPT-2's 50257, padded") }
    return (count + padding - 1) / padding * padding
  }

  /// Where the row has no layers, those that give the parameters in its model's name: `12 L h^2 + V h`.
  private func layers(_ hidden: Int, _ vocabulary: Int, _ notes: inout [String]) throws(RunGap) -> Int {
    if let layers = run.count("layers") { return layers }
    let name = run.text("model")
    guard let digits = name.split(separator: "-").last, digits.hasSuffix("B"), let size = Double(digits.dropLast())
    else { throw RunGap("layers: not in the row") }
    let width = Double(hidden)
    let layers = ((size * 1e9 - Double(vocabulary) * width) / (12 * width * width)).rounded()
    guard layers >= 1 else { throw RunGap("layers: not in the row") }
    notes.append("layers not in the row: \(Int(layers)), from \(name)")
    return Int(layers)
  }
}

/// Why a row cannot be turned into a scenario.
struct RunGap: Error, Hashable {
  /// For people: what is missing.
  let reason: String

  /// Gives the reason.
  init(_ reason: String) { self.reason = reason }
}

extension MeasuredRun {
  /// A number without which nothing can be predicted.
  func required(_ column: String) throws(RunGap) -> Int {
    guard let value = count(column) else {
      let cell = text(column)
      throw RunGap(cell.isEmpty ? "\(column): not in the row" : "\(column): found \(cell), not a whole number")
    }
    return value
  }
}
