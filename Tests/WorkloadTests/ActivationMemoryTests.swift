import Quantities
import Testing
import Workload

/// Korthikanti et al. 2022 (arXiv 2205.05198), equations 1, 2 and 4: bytes of activations of one layer.
@Suite("Saved activations")
struct ActivationMemoryTests {
  let batch = 3
  let sequence = 32
  let hidden = 64
  let heads = 8

  private func saved(_ change: (inout LayerShard) -> Void = { _ in }) throws -> Int64 {
    let model = try Model(name: "gpt", huggingFace: TestModels.gpt(hidden: hidden, heads: heads))
    var shard = LayerShard(microBatch: batch, format: .bf16, attention: .unfused, dropout: true)
    change(&shard)
    return model.blocks[0].elements(shard).savedBytes
  }

  /// `s b h (34 + 5 a s / h)`: 32 * 3 * 64 * (34 + 5 * 8 * 32 / 64) = 6144 * 54.
  @Test func `one rank keeps 34 bytes a feature and five a score`() throws {
    #expect(try saved() == 6144 * 54)
  }

  /// `s b h (10 + 24 / t + 5 a s / (h t))`.
  @Test(arguments: [2, 4, 8])
  func `tensor parallelism divides all but ten bytes`(degree: Int) throws {
    let expected = 6144 * (10 * degree + 24 + 20) / degree
    #expect(try saved { $0.tensorParallel = degree } == Int64(expected))
  }

  /// `s b h (34 / t + 5 a s / (h t))`.
  @Test(arguments: [2, 4, 8])
  func `sequence parallelism divides everything`(degree: Int) throws {
    let bytes = try saved {
      $0.tensorParallel = degree
      $0.sequenceParallel = true
    }
    #expect(bytes == Int64(6144 * 54 / degree))
  }

  @Test(arguments: [2, 4, 8])
  func `Ulysses divides everything`(degree: Int) throws {
    #expect(try saved { $0.ulysses = degree } == Int64(6144 * 54 / degree))
  }

  @Test(arguments: [2, 4, 8])
  func `context parallelism divides everything`(degree: Int) throws {
    #expect(try saved { $0.contextParallel = degree } == Int64(6144 * 54 / degree))
  }

  /// Selective recompute leaves `34 s b h` (section 5 of the paper).
  @Test func `selective recompute throws exactly the scores away`() throws {
    let model = try Model(name: "gpt", huggingFace: TestModels.gpt(hidden: hidden, heads: heads))
    let shard = LayerShard(microBatch: batch, format: .bf16, attention: .unfused, dropout: true)
    let core = model.blocks[0].elements(shard).operators.filter { $0.recompute == .attentionCore }
    #expect(core.map(\.name) == ["attention_scores", "attention_softmax", "attention_dropout", "attention_context"])
    #expect(core.reduce(0) { $0 + $1.savedBytes.count } == 6144 * 20)
  }

  /// 34 bytes a feature and four bytes for each of 3 * 8 * 32 score rows.
  @Test func `flash attention keeps row sums instead of scores`() throws {
    #expect(try saved { $0.attention = .flash } == 6144 * 34 + 3 * 8 * 32 * 4)
  }

  /// Of the 34 bytes the operands of products (2 + 2 + 2 + 8) halve; norms, q, k, v, GeLU's input stay 16-bit, masks
  /// one byte: 34 - 7 = 27, and the row sums as above.
  @Test func `eight-bit training halves only the operands of products`() throws {
    let model = try Model(name: "gpt", huggingFace: TestModels.gpt(hidden: hidden, heads: heads))
    let shard = LayerShard(microBatch: batch, format: .fp8, attention: .flash, dropout: true)
    #expect(model.blocks[0].elements(shard).savedBytes == 6144 * 27 + 3 * 8 * 32 * 4)
  }

  @Test(arguments: TestModels.all)
  func `more tensor parallelism never keeps more`(fields: [String: ConfigurationValue]) throws {
    let model = try Model(name: "any", huggingFace: fields)
    for layer in model.layers {
      for attention in AttentionImplementation.allCases {
        var shard = LayerShard(microBatch: 2, format: .bf16, attention: attention, dropout: true)
        var previous = layer.elements(shard).savedBytes
        for degree in [2, 4] {
          shard.tensorParallel = degree
          shard.sequenceParallel = false
          let plain = layer.elements(shard).savedBytes
          shard.sequenceParallel = true
          #expect(layer.elements(shard).savedBytes <= plain)
          #expect(plain <= previous)
          previous = plain
        }
      }
    }
  }
}
