import Quantities
import Testing
import Workload

@Suite("Collectives of a layer")
struct CollectiveTests {
  private func elements(
    _ fields: [String: ConfigurationValue] = TestModels.gpt(), _ change: (inout LayerShard) -> Void
  ) throws -> [LayerElement] {
    let model = try Model(name: "gpt", huggingFace: fields)
    var shard = LayerShard(microBatch: 2, format: .bf16)
    change(&shard)
    return model.blocks[0].elements(shard)
  }

  @Test func `an unsharded layer communicates nothing`() throws {
    for fields in TestModels.all {
      let model = try Model(name: "any", huggingFace: fields)
      for layer in model.layers {
        #expect(layer.elements(LayerShard(microBatch: 2, format: .bf16)).collectives.isEmpty)
      }
    }
  }

  /// Payload 2 sequences * 32 tokens * 64 features * 2 bytes = 8192 (Shoeybi et al. 2019, figure 4: two all-reduces
  /// forward, two backward).
  @Test func `tensor parallelism reduces twice in each pass`() throws {
    let program = try elements { $0.tensorParallel = 2 }
    let reduce = CollectiveCall(kind: .allReduce, payload: Bytes(8192))
    #expect(program.collectives.map(\.forward) == [nil, reduce, nil, reduce])
    #expect(program.collectives.map(\.backward) == [reduce, nil, reduce, nil])
    let before = try #require(program.position("attention_input_gradient_reduce"))
    #expect(try #require(program.position("qkv_projection")) == before + 1)
    let after = try #require(program.position("attention_reduce"))
    #expect(try #require(program.position("attention_output")) == after - 1)
  }

  /// Korthikanti et al. 2022: gather and scatter forward; backward the duals and one more gathering of the input.
  @Test func `sequence parallelism gathers, scatters and gathers again`() throws {
    let program = try elements {
      $0.tensorParallel = 2
      $0.sequenceParallel = true
    }
    #expect(
      program.collectives.compactMap(\.forward?.kind) == [.allGather, .reduceScatter, .allGather, .reduceScatter])
    #expect(
      program.collectives.reversed().compactMap(\.backward?.kind) == [
        .allGather, .allGather, .reduceScatter, .allGather, .allGather, .reduceScatter,
      ])
    let product = try #require(program.position("qkv_projection"))
    #expect(try #require(program.position("attention_input_regather")) == product + 1)
  }

  /// Before: 2 * 16 tokens * 3 * 64 features * 2 bytes; after: a third.
  @Test func `Ulysses exchanges before and after the core`() throws {
    let program = try elements { $0.ulysses = 2 }
    #expect(program.collectives.map { $0.forward?.payload.count } == [12288, 4096])
    #expect(program.collectives.allSatisfy { $0.forward == $0.backward && $0.dimension == .ulysses })
  }

  /// Keys and values of all 32 positions: 2 * 32 * 2 * 64 * 2 bytes = 16384.
  @Test func `context parallelism gathers keys and scatters their gradients`() throws {
    let program = try elements { $0.contextParallel = 2 }
    let gather = CollectiveCall(kind: .allGather, payload: Bytes(16384))
    #expect(program.collectives.map(\.forward) == [gather, nil])
    #expect(
      program.collectives.map(\.backward) == [CollectiveCall(kind: .reduceScatter, payload: Bytes(16384)), gather])
  }

  @Test func `a parallel residual needs one reduction forward`() throws {
    let program = try elements(TestModels.llama(type: "gpt_neox")) { $0.tensorParallel = 2 }
    #expect(program.collectives.compactMap(\.forward).count == 1)
    #expect(program.collectives.compactMap(\.backward).count == 2)
  }

  /// Eight query heads, four key heads over eight ranks: one query head and one copied key and one value head each.
  @Test func `key heads are copied where ranks outnumber them`() throws {
    let program = try elements(TestModels.llama()) { $0.tensorParallel = 8 }
    let projection = try #require(program.operators.first { $0.name == "qkv_projection" })
    #expect(projection.forward.first?.kind == .gemm(m: 128, n: 24, k: 64, batch: 1))
  }
}
