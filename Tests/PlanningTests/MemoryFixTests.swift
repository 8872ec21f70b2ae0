import ClusterSimulation
import Foundation
import Hardware
import Parallelism
import Planning
import Quantities
import Testing
import Workload

@Suite("Fixes for a plan that does not fit")
struct MemoryFixTests {
  /// A small decoder on one node of eight GPUs with little memory, everything replicated.
  static func setup(memory: Bytes) throws -> TrainingSetup {
    let configuration: [String: ConfigurationValue] = [
      "model_type": .text("llama"), "hidden_size": .integer(1024), "num_hidden_layers": .integer(8),
      "num_attention_heads": .integer(16), "intermediate_size": .integer(4096), "vocab_size": .integer(32000),
      "max_position_embeddings": .integer(1024),
    ]
    let model = try Model(name: "small", huggingFace: configuration, sequenceLength: 1024)
    var strategy = LayerStrategy()
    strategy.dataParallel = 8
    let plan = ParallelPlan(
      pipelineParallel: 1, virtualStages: 1, layersPerStage: [8], layers: Array(repeating: strategy, count: 8),
      embedding: strategy, head: strategy, microBatches: 1, schedule: .named("1f1b"))
    let job = TrainingJob(
      globalBatch: 64, sequenceLength: 1024, format: .bf16, gradientFormat: .fp32, optimizer: .adam)
    return TrainingSetup(model: model, cluster: try Self.cluster(memory: memory), job: job, plan: plan)
  }

  private static func cluster(memory: Bytes) throws -> Cluster {
    let assumed = Provenance(.assumed, "a test")
    let curve = try #require(EfficiencyCurve(constant: 0.5, provenance: assumed))
    let device = DeviceSpec(
      name: "test", title: "test", peak: [.bf16: .teraflops(100), .fp32: .teraflops(10)], memoryCapacity: memory,
      memoryBandwidth: .gigabytesPerSecond(1000), multiprocessors: 100, kernelOverhead: .microseconds(2),
      gemmEfficiency: curve, attentionEfficiency: curve, memoryEfficiency: curve, contextMemory: .mebibytes(256),
      provenance: [:])
    let link = LinkSpec(
      name: "link", bandwidth: .gigabytesPerSecond(100), latency: .microseconds(5), efficiency: curve, provenance: [:])
    return Cluster(
      name: "test", device: device, devicesPerNode: 8, nodes: 1, topology: .nvswitch, intraNode: link, interNode: nil,
      networkCardsPerNode: 0, hostLink: link)
  }

  @Test func `every fix was simulated, fits, and comes fastest first`() throws {
    let setup = try Self.setup(memory: .gibibytes(8))
    let result = try TrainingSimulation(setup).run()
    #expect(!result.fits)
    let fixes = MemoryFixFinder.fixes(for: setup)
    #expect(!fixes.isEmpty)
    #expect(fixes.allSatisfy { $0.peakMemory <= setup.memoryCapacity && !$0.settings.isEmpty })
    #expect(zip(fixes, fixes.dropFirst()).allSatisfy { $0.iterationTime <= $1.iterationTime })
  }

  @Test func `pairs are tried when no single change is enough`() throws {
    let single = try Self.setup(memory: .gibibytes(8))
    let smallest = try #require(MemoryFixFinder.fixes(for: single, limit: 50).map(\.peakMemory).min())
    let setup = try Self.setup(memory: smallest - .mebibytes(64))
    let fixes = MemoryFixFinder.fixes(for: setup)
    #expect(!fixes.isEmpty)
    #expect(fixes.allSatisfy { $0.summary.contains(" and ") && $0.peakMemory <= setup.memoryCapacity })
  }

  @Test func `three changes are tried when pairs are not enough`() throws {
    let pair = try Self.setup(memory: .gibibytes(8))
    var memory = Bytes.gibibytes(8)
    while let smallest = MemoryFixFinder.fixes(for: try Self.setup(memory: memory), limit: 50)
      .filter({ $0.summary.components(separatedBy: " and ").count < 3 }).map(\.peakMemory).min()
    {
      memory = smallest - .mebibytes(16)
    }
    let fixes = MemoryFixFinder.fixes(for: try Self.setup(memory: memory))
    #expect(!fixes.isEmpty)
    #expect(fixes.allSatisfy { $0.peakMemory <= memory && $0.peakMemory < pair.memoryCapacity })
  }

  @Test func `a plan beyond help has no fixes`() throws {
    #expect(MemoryFixFinder.fixes(for: try Self.setup(memory: .mebibytes(300))).isEmpty)
  }
}
