import ClusterSimulation
import Parallelism
import Quantities
import Testing
import TestSupport
import Workload

/// Bytes of activations in the ledger of simulated runs.
@Suite("Memory of activations")
struct ActivationMemoryTests {
  /// Three sequences of 32 tokens, 64 features, 8 heads: `s b h` = 6144.
  private func setup(_ recompute: RecomputePolicy, blocks: Int = 1) throws -> TrainingSetup {
    var setup = try TinySetups.data(ranks: 1, blocks: blocks, globalBatch: 3) { $0.recompute = recompute }
    setup.plan.embedding.recompute = .none
    setup.plan.head.recompute = .none
    setup.options.attention = .unfused
    setup.options.dropout = true
    return setup
  }

  /// What a layer takes for good in the forward pass.
  private func taken(_ setup: TrainingSetup, _ category: MemoryCategory, layer: Int32) throws -> Int64 {
    let trace = try TinySetups.trace(setup)
    return MemoryTimeline(trace: trace, simulatedRank: 0).changes
      .filter { $0.category == category && $0.layer == layer && $0.bytes > 0 }.reduce(0) { $0 + $1.bytes }
  }

  /// `s b h (34 + 5 a s / h)` = 6144 (34 + 5 * 8 * 32 / 64) (Korthikanti et al. 2022, arXiv 2205.05198, equation 1).
  @Test func `a block keeps what Korthikanti counts`() throws {
    #expect(try taken(setup(.none), .activations, layer: 1) == 6144 * 54)
  }

  /// The scores, 20 s b h, are computed again.
  @Test func `selective recompute keeps 34 bytes a feature`() throws {
    #expect(try taken(setup(.selective), .activations, layer: 1) == 6144 * 34)
    #expect(try taken(setup(.selective), .recompute, layer: 1) == 6144 * 20)
  }

  /// The input in bf16 is kept, everything is computed again.
  @Test func `full recompute keeps the input only`() throws {
    #expect(try taken(setup(.full), .activations, layer: 1) == 6144 * 2)
    #expect(try taken(setup(.full), .recompute, layer: 1) == 6144 * 54)
  }

  /// Blocks are computed again one after the other.
  @Test func `full recompute holds one block at a time`() throws {
    let trace = try TinySetups.trace(setup(.full, blocks: 3))
    #expect(TinySetups.peak(.recompute, trace, rank: 0) == 6144 * 54)
  }

  /// What the layers of a stage keep of one micro-batch of one sequence.
  private func kept(_ setup: TrainingSetup, layers: [Int]) -> Int64 {
    let shard = LayerShard(microBatch: 1, format: .bf16, attention: .unfused, dropout: false)
    return layers.reduce(0) { sum, layer in
      setup.model.layers[layer].elements(shard).reduce(sum) { sum, element in
        guard case .compute(let step) = element else { return sum }
        return sum + step.savedBytes.count
      }
    }
  }

  @Test(arguments: [2, 3, 4])
  func `GPipe holds all micro-batches on every stage`(stages: Int) throws {
    let setup = try TinySetups.pipeline(stages: stages, microBatches: 5, schedule: "gpipe")
    let trace = try TinySetups.trace(setup)
    #expect(TinySetups.peak(.activations, trace, rank: 0) == 5 * kept(setup, layers: [0, 1]))
    #expect(TinySetups.peak(.activations, trace, rank: stages - 1) == 5 * kept(setup, layers: [stages, stages + 1]))
  }

  @Test(arguments: [2, 3, 4])
  func `1F1B holds as many micro-batches as stages follow`(stages: Int) throws {
    let setup = try TinySetups.pipeline(stages: stages, microBatches: 5, schedule: "1f1b")
    let trace = try TinySetups.trace(setup)
    #expect(TinySetups.peak(.activations, trace, rank: 0) == Int64(stages) * kept(setup, layers: [0, 1]))
    #expect(TinySetups.peak(.activations, trace, rank: stages - 1) == kept(setup, layers: [stages, stages + 1]))
  }

  /// The scores' fp32 logits: 192 words for each of 48 tokens, kept and, while the loss runs, once more as scratch.
  @Test func `logits are kept in fp32`() throws {
    let setup = try TinySetups.pipeline(stages: 1, microBatches: 1, schedule: "1f1b")
    let trace = try TinySetups.trace(setup)
    let logits: Int64 = 48 * 192 * 4
    let taken = MemoryTimeline(trace: trace, simulatedRank: 0).changes.filter { $0.layer == 2 && $0.bytes == logits }
    #expect(taken.contains { $0.category == .activations })
    #expect(taken.contains { $0.category == .workspace })
  }
}
