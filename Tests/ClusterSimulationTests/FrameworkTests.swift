import ClusterSimulation
import Parallelism
import Quantities
import TestSupport
import Testing
import Workload

/// What a framework adds to kernels. A block takes 2 ms forward and 4 ms backward, everything else nothing.
@Suite("Frameworks")
struct FrameworkTests {
  static func setup(stages: Int = 1, microBatches: Int = 1, _ change: (inout FrameworkProfile) -> Void) throws
    -> TrainingSetup
  {
    var setup = try TinySetups.pipeline(stages: stages, microBatches: microBatches, schedule: "1f1b")
    change(&setup.options.framework)
    return setup
  }

  static func kernels(_ trace: Trace) -> Int {
    var count = 0
    trace.forEachTask(ofSimulatedRank: 0) { task in
      if task.stream == .compute, ![.optimizer, .gradientNorm].contains(task.info.kind) { count += 1 }
    }
    return count
  }

  /// 10 ms for each kernel are more than any kernel takes, so the iteration is the sum of the launches.
  @Test(arguments: [ExecutorChoice.replay, .events])
  func `launching takes over where kernels are shorter`(executor: ExecutorChoice) throws {
    let setup = try Self.setup { $0.host.kernel = .microseconds(10_000) }
    let trace = try TinySetups.trace(setup, executor: executor)
    #expect(Self.kernels(trace) > 10)
    #expect(trace.iterationTime.nanoseconds == Int64(Self.kernels(trace)) * 10_000_000)
  }

  /// The processor runs ahead while 6 ms of kernels run: 1 us for each kernel is hidden but for those after the last.
  @Test func `launching hides behind long kernels`() throws {
    let trace = try TinySetups.trace(try Self.setup { $0.host.kernel = .microseconds(1) })
    #expect(trace.iterationTime.nanoseconds >= 6_000_000)
    #expect(trace.iterationTime.nanoseconds < 6_000_000 + Int64(Self.kernels(trace)) * 1000)
  }

  /// Two micro-batches in one stage make four steps.
  @Test func `steps and iterations have their own times`() throws {
    let setup = try Self.setup(microBatches: 2) { profile in
      profile.host.step = .microseconds(3000)
      profile.host.iteration = .microseconds(5000)
    }
    // Launched at 3, 6, 9 and 12 ms: F 3-5, B 6-10, F 10-12, B 12-16, then 5 ms.
    #expect(try TinySetups.trace(setup).iterationTime.nanoseconds == 21_000_000)
  }

  @Test func `waiting for messages takes the lead away`() throws {
    let free = try Self.setup(stages: 2, microBatches: 4) { $0.host.kernel = .microseconds(20) }
    let waiting = try Self.setup(stages: 2, microBatches: 4) { profile in
      profile.host.kernel = .microseconds(20)
      profile.host.messageWait = .always
    }
    #expect(try TinySetups.trace(free).iterationTime < (try TinySetups.trace(waiting)).iterationTime)
  }

  @Test func `both executors agree with a framework, folded and expanded`() throws {
    var setup = try TinySetups.data(ranks: 4, blocks: 2)
    setup.options.adopt(try #require(FrameworkCatalog.named("megatron-deepspeed")))
    let runs = try [(ExecutorChoice.replay, false), (.events, false), (.replay, true)].map {
      try TrainingSimulation(setup).run(executor: $0.0, expandRanks: $0.1)
    }
    #expect(runs[0].trace.fingerprint == runs[1].trace.fingerprint)
    #expect(runs[0].iterationTime == runs[2].iterationTime)
  }

  @Test func `kernels that are not fused, casts and passes of the optimizer take time`() throws {
    let plain = try TinySetups.data(ranks: 2, blocks: 2)
    let time = try TrainingSimulation(plain).run().iterationTime
    for change: (inout FrameworkProfile) -> Void in [
      { $0.norm = 1e4 }, { $0.elementwise = 1e4 }, { $0.crossEntropy = 1e4 }, { $0.accumulation = 1e4 },
      { $0.update = 1e4 }, { $0.attention = 3 },
    ] {
      var setup = plain
      change(&setup.options.framework)
      #expect(try TrainingSimulation(setup).run().iterationTime > time)
    }
  }

  @Test func `every framework has a name of its own and says where it is from`() {
    let names = FrameworkCatalog.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(FrameworkCatalog.all.allSatisfy { !$0.source.isEmpty && $0 != .none })
    #expect(FrameworkCatalog.named("megatron-lm")?.name == "megatron-lm")
    #expect(FrameworkCatalog.named("none") == nil)
  }
}
