import Foundation
import Testing
import Workload

@Suite("Parameter counts")
struct ParameterCountTests {
  /// Counts of the published classes, instantiated without storage (table of 31 models).
  @Test(.enabled(if: !PublishedModels.all.isEmpty), arguments: PublishedModels.all)
  func `a published configuration counts to the last parameter`(row: PublishedModel) throws {
    let file = try JSONDecoder().decode(ConfigurationFile.self, from: Data(contentsOf: row.configuration))
    let model = try Model(name: row.name, huggingFace: file.fields)
    #expect(model.parameterCount == row.parameters)
    #expect(model.activeParameterCount == row.activeParameters)
  }

  @Test(.enabled(if: !PublishedModels.all.isEmpty))
  func `all thirty-one models are in the table`() { #expect(PublishedModels.all.count == 31) }

  /// By hand: embeddings 2 * 151936 * 2048; a layer: 4 * 2048^2 + 3 * 2048 (biases) + 2048 * 60 (router)
  /// + 60 * 3 * 2048 * 1408 + 3 * 2048 * 5632 + 2048 (shared gate) + 2 * 2048 = 570560512; 24 layers; norm 2048.
  @Test func `Qwen with a gated shared expert counts by hand`() throws {
    let model = try Model(
      name: "qwen",
      huggingFace: [
        "model_type": .text("qwen2_moe"), "vocab_size": .integer(151_936), "hidden_size": .integer(2048),
        "num_hidden_layers": .integer(24), "num_attention_heads": .integer(16), "intermediate_size": .integer(5632),
        "moe_intermediate_size": .integer(1408), "shared_expert_intermediate_size": .integer(5632),
        "max_position_embeddings": .integer(8192),
      ])
    #expect(model.parameterCount == 14_315_784_192)
  }

  /// By hand: attention 2048 * 16 * 192 + 2048 * 576 + 512 + 512 * 16 * 256 + 16 * 128 * 2048 = 13763072, norms 4096;
  /// 26 expert layers of 66 * 3 * 2048 * 1408 + 2048 * 64, one dense of 3 * 2048 * 10944, embeddings 2 * 102400 * 2048.
  @Test func `DeepSeek without query compression counts by hand`() throws {
    let model = try Model(
      name: "lite",
      huggingFace: [
        "model_type": .text("deepseek_v2"), "vocab_size": .integer(102_400), "hidden_size": .integer(2048),
        "num_hidden_layers": .integer(27), "num_attention_heads": .integer(16), "intermediate_size": .integer(10944),
        "moe_intermediate_size": .integer(1408), "n_routed_experts": .integer(64), "n_shared_experts": .integer(2),
        "num_experts_per_tok": .integer(6), "first_k_dense_replace": .integer(1), "q_lora_rank": .null,
        "max_position_embeddings": .integer(4096),
      ])
    #expect(model.parameterCount == 15_706_484_224)
  }

  /// By hand: the pooler h^2 + h goes, h^2 + h + 2h + V comes: 109482240 + 2 * 768 + 30522 = 109514298.
  @Test func `the masked-token head replaces the pooler`() throws {
    let model = try Model(
      name: "bert",
      huggingFace: [
        "model_type": .text("bert"), "vocab_size": .integer(30_522), "hidden_size": .integer(768),
        "num_hidden_layers": .integer(12), "num_attention_heads": .integer(12), "intermediate_size": .integer(3072),
        "training_head": .text("mlm"),
      ])
    #expect(model.parameterCount == 109_514_298)
  }

  @Test func `tied weights are counted with the embedding`() throws {
    let tied = try Model(name: "tied", huggingFace: TestModels.gpt())
    var fields = TestModels.gpt()
    fields["tie_word_embeddings"] = .boolean(false)
    let untied = try Model(name: "untied", huggingFace: fields)
    #expect(untied.parameterCount - tied.parameterCount == 128 * 64)
    #expect(tied.tiedParameters == ParameterGroup(count: 128 * 64, sharding: .tensor))
    #expect(untied.tiedParameters == nil)
  }
}
