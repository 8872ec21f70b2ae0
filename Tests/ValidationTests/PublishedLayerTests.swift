import Costing
import GalvaSim
import Hardware
import Quantities
import Testing
import Workload

/// One layer of a Transformer with 22 billion parameters on 8 A100 with tensor parallelism, micro-batch 4: Korthikanti et
/// al. 2022 (arXiv 2205.05198), table 4.
@Suite("Published layer times")
struct PublishedLayerTests {
  /// Milliseconds of the forward and the backward pass.
  struct Times {
    var forward: Double
    var backward: Double
  }

  static func layer(sequenceParallel: Bool, costs: (DeviceSpec) throws -> any CostModel) throws -> Times {
    let cluster = try Catalog.builtIn.cluster(named: "dgx-a100")
    let costs = try costs(cluster.device)
    let model = try Model(
      name: "gpt-22b",
      huggingFace: [
        "model_type": .text("gpt2"), "n_layer": .integer(48), "n_embd": .integer(6144), "n_head": .integer(64),
        "vocab_size": .integer(51_200), "n_positions": .integer(2048),
      ], sequenceLength: 2048)
    var shard = LayerShard(microBatch: 4, format: .fp16, attention: .unfused, dropout: true)
    shard.tensorParallel = 8
    shard.sequenceParallel = sequenceParallel
    let collectives = CollectiveCost(fabric: Fabric(cluster: cluster))
    let group = GroupShape(ranks: 0..<8, cluster: cluster)
    func time(_ kernels: [Kernel]) -> Double { kernels.reduce(0) { $0 + costs.duration(of: $1).value * 1e3 } }
    func time(_ call: CollectiveCall?) -> Double {
      call.map { collectives.duration($0, over: group).value * 1e3 } ?? 0
    }
    var times = Times(forward: 0, backward: 0)
    for element in model.blocks[1].elements(shard) {
      switch element {
      case .compute(let step):
        times.forward += time(step.forward)
        times.backward += time(step.backwardInput) + time(step.backwardWeight)
      case .collective(let collective):
        times.forward += time(collective.forward)
        times.backward += time(collective.backward)
      }
    }
    return times
  }

  static func table(_ device: DeviceSpec) throws -> any CostModel {
    MeasuredCostModel(device: device, table: try #require(try Catalog.builtIn.kernelTable(for: device)))
  }

  /// Forward 7.7 ms, backward 11.9 ms; with sequence parallelism 7.2 and 11.8 ms. The published backward pass overlaps the
  /// reductions of input gradients with the products of weight gradients; the sum here does not, hence only an upper
  /// bound.
  @Test(arguments: [(false, 7.7, 11.9), (true, 7.2, 11.8)])
  func `a layer of 22B is within 10 percent forward`(isSplit: Bool, forward: Double, backward: Double) throws {
    let times = try Self.layer(sequenceParallel: isSplit, costs: Self.table)
    #expect(abs(times.forward / forward - 1) < 0.10, "\(times)")
    #expect(times.backward > 0.9 * backward && times.backward < 1.3 * backward, "\(times)")
  }
}
