import Quantities
import Testing
import Workload

@Suite("Layers of a model")
struct ModelShapeTests {
  @Test func `Swin keeps one layer for each block and merges at the end of a stage`() throws {
    let model = try Model(name: "swin", huggingFace: TestModels.swin)
    #expect(model.blocks.map(\.sequenceLength) == [64, 64, 16, 16, 16, 16, 4, 4])
    #expect(model.blocks.map(\.typeIndex) == [0, 1, 2, 2, 2, 3, 4, 4])
    #expect(model.blocks.map(\.headCount) == [4, 4, 8, 8, 8, 8, 16, 16])
    let shard = LayerShard(microBatch: 1, format: .bf16)
    #expect(model.blocks.map { $0.outputBytes(shard).count } == [4096, 2048, 2048, 2048, 2048, 1024, 1024, 1024])
    #expect(model.head.sequenceLength == 4)
  }

  @Test func `T5 runs its encoder first and hands its output along`() throws {
    let model = try Model(name: "t5", huggingFace: TestModels.t5)
    #expect(model.blocks.map(\.role) == [.encoder, .encoder, .encoder, .decoder, .decoder, .decoder])
    #expect(model.blocks.map(\.sequenceLength) == [64, 64, 64, 32, 32, 32])
    #expect(model.blocks.map(\.typeIndex) == [0, 1, 2, 3, 4, 4])
    let shard = LayerShard(microBatch: 1, format: .bf16)
    #expect(model.blocks[2].outputBytes(shard) == Bytes(64 * 64 * 2))
    #expect(model.blocks[3].outputBytes(shard) == Bytes((32 + 64) * 64 * 2))
  }

  @Test func `windowed and full layers are different kinds`() throws {
    let model = try Model(
      name: "gemma", huggingFace: TestModels.llama(type: "gemma2", ["sliding_window": .integer(16)]))
    #expect(model.blocks.map(\.typeIndex) == [0, 1, 0, 1])
    let short = try Model(
      name: "gemma", huggingFace: TestModels.llama(type: "gemma2", ["sliding_window": .integer(16)]),
      sequenceLength: 16)
    #expect(short.blocks.map(\.typeIndex) == [0, 0, 0, 0])
  }

  @Test func `the architecture names the family when the type is absent`() throws {
    var fields = TestModels.llama(type: "", ["num_experts": .integer(8)])
    fields["model_type"] = nil
    fields["architectures"] = .list([.text("Qwen2MoeForCausalLM")])
    #expect(try Model(name: "qwen", huggingFace: fields).blocks[0].expertCount == 8)
  }

  @Test func `degrees that cannot divide a layer are named`() throws {
    let model = try Model(name: "deepseek", huggingFace: TestModels.deepSeek)
    #expect(model.blocks[0].tensorDivisors.map(\.name) == ["attention heads", "feed-forward width"])
    #expect(model.blocks[1].tensorDivisors.map(\.count) == [8, 48, 48])
    #expect(model.blocks[1].expertCount == 8)
    #expect(model.embedding.tensorDivisors.isEmpty)
  }

  @Test func `an absurd shape gives an absurd size, not a trap`() throws {
    let model = try Model(
      name: "huge", huggingFace: TestModels.gpt(hidden: 4_194_304, heads: 65_536, positions: 16_777_216))
    var shard = LayerShard(microBatch: 1 << 40, format: .fp32, attention: .unfused, dropout: true)
    shard.tensorParallel = 2
    for layer in model.layers { #expect(layer.elements(shard).savedBytes > 0) }
  }
}
