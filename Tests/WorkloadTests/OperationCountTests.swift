import Quantities
import Testing
import Workload

@Suite("Floating-point operations")
struct OperationCountTests {
  /// Narayanan et al. 2021 (arXiv 2104.04473), appendix, without recompute: `72 B L s h^2 (1 + s / 6h + V / 12 L h)`.
  /// With B 3, L 2, s 32, h 64, V 128: 72 * 3 * 2 * 32 * 4096 = 56623104; 1 + 1/12 + 1/12 = 7/6: 66060288.
  @Test func `training a GPT takes the published count`() throws {
    let model = try Model(name: "gpt", huggingFace: TestModels.gpt())
    #expect(3 * model.forwardOperations(sequences: 3).count == 66_060_288)
  }

  /// The same with every block recomputed: `96 B L s h^2 (1 + s / 6h + V / 16 L h)`:
  /// 75497472 * (1 + 1/12 + 1/16) = 86507520.
  @Test func `recomputing the blocks takes the published count`() throws {
    let model = try Model(name: "gpt", huggingFace: TestModels.gpt())
    let blocks = model.blocks.reduce(0) { $0 + $1.forwardOperations(sequences: 3).count }
    #expect(4 * blocks + 3 * model.head.forwardOperations(sequences: 3).count == 86_507_520)
  }

  /// Unfused kernels compute masked scores too; only windows of a causal mask are narrower in the model count.
  @Test(arguments: TestModels.all)
  func `kernels do what the closed form counts`(fields: [String: ConfigurationValue]) throws {
    let model = try Model(name: "any", huggingFace: fields, sequenceLength: nil)
    let shard = LayerShard(microBatch: 3, format: .bf16, attention: .unfused, dropout: true)
    for layer in model.layers {
      #expect(layer.elements(shard).forwardOperations == layer.forwardOperations(sequences: 3).count)
    }
  }

  @Test(arguments: TestModels.all)
  func `the backward pass takes twice the forward pass`(fields: [String: ConfigurationValue]) throws {
    let model = try Model(name: "any", huggingFace: fields)
    let shard = LayerShard(microBatch: 2, format: .bf16, attention: .unfused)
    for layer in model.blocks + [model.head] {
      let elements = layer.elements(shard)
      #expect(elements.backwardOperations == 2 * elements.forwardOperations)
    }
  }

  @Test(arguments: [1, 2, 4], [AttentionImplementation.flash, .unfused])
  func `tensor parallelism shares the arithmetic out`(degree: Int, attention: AttentionImplementation) throws {
    for fields in [TestModels.gpt(), TestModels.llama(), TestModels.t5, TestModels.llama(type: "gemma2")] {
      let model = try Model(name: "any", huggingFace: fields)
      for layer in model.layers {
        var shard = LayerShard(microBatch: 2, format: .bf16, attention: attention)
        let whole = layer.elements(shard)
        shard.tensorParallel = degree
        let part = layer.elements(shard)
        #expect(Double(degree) * part.forwardOperations == whole.forwardOperations)
        #expect(Double(degree) * part.backwardOperations == whole.backwardOperations)
      }
    }
  }

  @Test(arguments: [2, 4])
  func `sequence splits share the arithmetic out`(degree: Int) throws {
    for fields in [TestModels.gpt(), TestModels.llama(), TestModels.deepSeek, TestModels.t5] {
      let model = try Model(name: "any", huggingFace: fields)
      for layer in model.layers {
        let whole = layer.elements(LayerShard(microBatch: 2, format: .bf16)).forwardOperations
        var shard = LayerShard(microBatch: 2, format: .bf16)
        shard.contextParallel = degree
        #expect(Double(degree) * layer.elements(shard).forwardOperations == whole)
        shard.contextParallel = 1
        shard.ulysses = degree
        #expect(Double(degree) * layer.elements(shard).forwardOperations == whole)
      }
    }
  }

  /// Causal: 4 b a (s^2 / 2) d = 4 * 2 * 4 * 512 * 16 = 262144 forward, 5/2 of it backward.
  @Test func `causal flash attention does half the scores and repeats them backward`() throws {
    let model = try Model(name: "gpt", huggingFace: TestModels.gpt())
    let elements = model.blocks[0].elements(LayerShard(microBatch: 2, format: .bf16))
    let attention = try #require(elements.operators.first { $0.name == "attention" })
    #expect(attention.forward.operations == 262_144)
    #expect(attention.backwardInput.operations == 655_360)
  }

  /// A window of 8 in 64 positions: 8 * 64 - 32 = 480 pairs a head: 4 * 480 * 8 heads * 8 wide = 122880.
  @Test func `a sliding window limits the keys`() throws {
    let model = try Model(
      name: "windowed", huggingFace: TestModels.llama(type: "gpt_oss", ["sliding_window": .integer(8)]))
    let elements = model.blocks[0].elements(LayerShard(microBatch: 1, format: .bf16))
    let attention = try #require(elements.operators.first { $0.name == "attention" })
    #expect(attention.forward.operations == 4 * 480 * 8 * 64)
  }

  /// Expert parallelism moves tokens, not arithmetic, when routing is balanced.
  @Test func `expert parallelism leaves a rank's arithmetic as it is`() throws {
    let model = try Model(name: "experts", huggingFace: TestModels.deepSeek)
    var shard = LayerShard(microBatch: 2, format: .bf16)
    let alone = model.blocks[1].elements(shard)
    shard.expertParallel = 4
    #expect(model.blocks[1].elements(shard).forwardOperations == alone.forwardOperations)
    #expect(model.blocks[1].elements(shard).collectives.map(\.name) == ["expert_dispatch", "expert_combine"])
  }
}
