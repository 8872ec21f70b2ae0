import ClusterSimulation
import Hardware
import Parallelism
import Quantities
import TestSupport
import Testing
import Workload

/// ZeRO-2 holds whole gradients until they are reduced: the backward pass must not run ahead of the network.
@Suite("Pending reductions")
struct PendingReductionTests {
  /// Four equal blocks reduced one by one over links so slow that a reduction takes longer than a layer.
  static func setup(pending: Int, microBatches: Int, zero: ZeroStage = .gradients) throws -> TrainingSetup {
    var setup = try TinySetups.data(.llama, ranks: 4, blocks: 4, globalBatch: 4 * microBatches) { $0.zero = zero }
    setup.plan.microBatches = microBatches
    setup.options.gradientBucket = Bytes(1)
    setup.options.pendingReductions = pending
    setup.options.clipsGradients = false
    let slow = TestHardware.link(.gigabytesPerSecond(0.05), latency: .zero)
    setup.cluster = Cluster(
      name: "slow", device: TestHardware.device(), devicesPerNode: 4, nodes: 1, topology: .nvswitch, intraNode: slow,
      interNode: nil, networkCardsPerNode: 0, hostLink: slow)
    return setup
  }

  /// The most reductions that are under way while a kernel makes weight gradients of another layer.
  static func mostPending(_ setup: TrainingSetup) throws -> Int {
    let trace = try TrainingSimulation(setup).run(executor: .replay).trace
    var issued: [(made: Int64, end: Int64)] = []
    var kernels: [Int64] = []
    var lastKernelEnd: Int64 = 0
    trace.forEachTask(ofSimulatedRank: 0) { task in
      if task.stream == .compute { lastKernelEnd = task.end.nanoseconds }
      if task.info.kind == .backwardWeight, task.info.layer >= 1, task.info.layer <= 4 {
        kernels.append(task.start.nanoseconds)
      }
      if task.info.kind == .gradientReduction, task.info.call != nil {
        issued.append((lastKernelEnd, task.end.nanoseconds))
      }
    }
    return kernels.map { start in issued.count { $0.made <= start && $0.end > start } }.max() ?? 0
  }

  @Test(arguments: [1, 2, 3])
  func `no more reductions are under way than allowed`(pending: Int) throws {
    let most = try Self.mostPending(Self.setup(pending: pending, microBatches: 3))
    #expect(most >= pending)
    #expect(most <= pending + 1)
  }

  @Test func `memory stays bounded however many micro-batches follow`() throws {
    func peak(_ microBatches: Int, pending: Int) throws -> Int64 {
      let trace = try TrainingSimulation(Self.setup(pending: pending, microBatches: microBatches)).run().trace
      return TinySetups.peak(.gradients, trace, rank: 0)
    }
    #expect(try peak(2, pending: 1) == (try peak(8, pending: 1)))
    #expect(try peak(8, pending: 1) < (try peak(8, pending: 1000)))
  }

  /// Whole gradients that stay anyway (ZeRO-1) hold nobody up.
  @Test func `gradients that stay whole do not wait`() throws {
    var setup = try Self.setup(pending: 1, microBatches: 3, zero: .optimizer)
    setup.options.gradientReduction = .everyMicroBatch
    #expect(try Self.mostPending(setup) > 2)
  }
}
