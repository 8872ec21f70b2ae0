import ClusterSimulation
import Costing
import Foundation
import GalvaSim
import Hardware
import Quantities
import ScenarioIO
import Testing
import Workload

/// What sharing links costs, worked out by hand and held against measurements, on clusters of the catalogue.
@Suite("Shared links of real clusters")
struct SharedLinkTests {
  private static func scenario(_ text: String) throws -> Scenario {
    try ScenarioFile.parse(text, source: SourceFile(name: "test.yaml", directory: nil))
  }

  private static func run(_ scenario: Scenario, _ network: NetworkChoice) throws -> SimulationResult {
    try TrainingSimulation(scenario.setup()).run(executor: .events, network: network)
  }

  // MARK: A root port

  /// Eight TITAN RTX, two below each PCIe switch, two switches to a socket; tensor parallel over neighbours 0-3 and 4-7,
  /// data parallel over pairs (0,4), (1,5), (2,6), (3,7). Gradients of each of two micro-batches are reduced in one call.
  private static let titan = """
    schema_version: 1
    model: bert-huge-32
    cluster: titan-rtx-8
    job: {global_batch: 4, sequence_length: 128, precision: fp32, micro_batch: 1}
    plan: {tp: 4, dp: 2}
    options:
      gradient_bucket: 100GiB
      gradient_reduction: every_micro_batch
      overlap_tensor_backward: false
      interference: false
    """

  private struct Communication {
    /// Seconds of each kind that bytes take on a link of their own.
    var tensorTransfer = 0.0
    var reductionTransfer: [Double] = []
    var reductionEnds: [Int64] = []
    var secondPassStart = Int64.max
    var secondPassEnd: Int64 = 0
    var firstReductionStart = Int64.max
  }

  /// Adds up what rank 0 communicates from the end of the first micro-batch on.
  private static func communication(_ scenario: Scenario, _ result: SimulationResult) -> Communication {
    var found = Communication()
    let cost = CollectiveCost(fabric: Fabric(cluster: scenario.cluster))
    result.trace.forEachTask(ofSimulatedRank: 0) { task in
      if task.stream == .compute, task.microBatch == 1 {
        found.secondPassStart = min(found.secondPassStart, task.start.nanoseconds)
        found.secondPassEnd = max(found.secondPassEnd, task.end.nanoseconds)
      }
      guard let kind = task.info.call, task.info.kind != .gradientNorm, task.info.groupSize < 8 else { return }
      let ranks = Int(task.info.groupSize)
      let shape = GroupShape(ranks: ranks, nodes: 1, ranksPerNode: ranks)
      let call = CollectiveCall(kind: kind, payload: Bytes(task.info.bytes))
      guard let demand = cost.best(call, over: shape)?.demand else { return }
      let transfer = demand.inside / scenario.cluster.intraNode.bandwidth.bytesPerSecond
      if task.info.kind == .gradientReduction {
        found.reductionTransfer.append(transfer)
        found.reductionEnds.append(task.end.nanoseconds)
        found.firstReductionStart = min(found.firstReductionStart, task.start.nanoseconds)
      } else if task.microBatch == 1 {
        found.tensorTransfer += transfer
      }
    }
    return found
  }

  /// The root port above GPUs 0 and 1 carries, outwards, the ring of a tensor group once and the rings of two pairs. The
  /// first reduction starts when the first micro-batch is over and is so long that the second micro-batch runs beside it;
  /// the second follows at once. So the port is full from then on, until both are over: it carries two pairs times two
  /// reductions of W bytes, and the tensor collectives' T bytes, at 15.75 GB/s. With closed forms the same interval takes
  /// two reductions of W bytes at 15.75 GB/s, and the tensor collectives hide behind them. The difference is 2 W + T bytes
  /// at 15.75 GB/s. (The four pairs between the sockets need less than the 41.6 GB/s there.)
  @Test func `sharing a root port costs what its bytes take`() throws {
    let scenario = try Self.scenario(Self.titan)
    let (ideal, shared) = (try Self.run(scenario, .ideal), try Self.run(scenario, .shared))
    let before = Self.communication(scenario, ideal)
    let after = Self.communication(scenario, shared)
    #expect(before.reductionTransfer.count == 2)
    for state in [before, after] {
      #expect(state.firstReductionStart <= state.secondPassStart)
      #expect(state.secondPassEnd < state.reductionEnds[0])
    }
    let derived = before.reductionTransfer.reduce(0, +) + before.tensorTransfer
    let difference = (shared.iterationTime - ideal.iterationTime).seconds.value
    #expect(before.tensorTransfer > 0.01)
    #expect(abs(difference - derived) < 2e-6, "found \(difference) s, derived \(derived) s")
    let port = try #require(shared.network?.links.first { $0.name.contains("pcie0-socket0") })
    #expect(port.count >= 1 && port.delay > .zero)
  }

  // MARK: Two nodes

  /// `data/galvatron/main/allreduce_bandwidth_2nodes_8gpus_per_node.json`, when it is there.
  private static func measured() -> [String: Double]? {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared/data")
    let file = root.appending(path: "galvatron/main/allreduce_bandwidth_2nodes_8gpus_per_node.json").standardized
    guard let data = try? Data(contentsOf: file) else { return nil }
    return try? JSONSerialization.jsonObject(with: data) as? [String: Double]
  }

  /// Bus bandwidth of the all-reduces of a kind in the two-node scenario, in GB/s: the median call.
  private static func busBandwidth(
    _ kind: TaskKind, ranks: Int, overrides: [String]
  ) throws -> Double {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
    let path = root.appending(path: "Scenarios/runs/llama2-13b-2x-dgx-a100.yaml").path
    let common = [
      "plan.sequence_parallel=false", "options.overlap_tensor_backward=false", "options.interference=false",
      "options.overlap_gradient_reduction=false",
    ]
    let result = try Self.run(try ScenarioFile.load(path: path, overrides: common + overrides), .shared)
    var rates: [Double] = []
    result.trace.forEachTask(ofSimulatedRank: 0) { task in
      guard task.info.call == .allReduce, task.info.kind == kind, Int(task.info.groupSize) == ranks else { return }
      guard task.info.bytes > 100_000_000 else { return }
      let seconds = (task.end - task.start).seconds.value
      rates.append(2 * Double(ranks - 1) / Double(ranks) * Double(task.info.bytes) / seconds / 1e9)
    }
    return try #require(rates.sorted().dropFirst(rates.count / 2).first)
  }

  /// Where the groups lie decides: eight neighbours have NVLink to themselves, two groups strided over both nodes share the
  /// card of each.
  @Test func `consecutive and strided groups differ as the measured tables say`() throws {
    let table = Self.measured() ?? ["allreduce_size_8_consec_1": 155.658, "allreduce_size_8_consec_0": 20.7724]
    for (placement, key) in [("consecutive", "allreduce_size_8_consec_1"), ("strided", "allreduce_size_8_consec_0")] {
      let expected = try #require(table[key])
      let found = try Self.busBandwidth(
        .layerCollective, ranks: 8,
        overrides: ["plan.tp=8", "plan.dp=2", "plan.placement=\(placement)", "job.micro_batch=8"])
      #expect(abs(found / expected - 1) < 0.2, "\(placement): \(found) GB/s, measured \(expected)")
    }
  }

  @Test func `an all-reduce of both nodes is as fast as their cards`() throws {
    let expected = try #require(
      (Self.measured() ?? ["allreduce_size_16_consec_1": 44.682])["allreduce_size_16_consec_1"])
    let found = try Self.busBandwidth(
      .gradientReduction, ranks: 16,
      overrides: ["plan.tp=1", "plan.dp=16", "plan.zero=0", "options.gradient_bucket=1GiB"])
    #expect(abs(found / expected - 1) < 0.2, "\(found) GB/s, measured \(expected)")
  }
}
