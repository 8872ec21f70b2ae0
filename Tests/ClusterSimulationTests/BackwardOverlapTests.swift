import ClusterSimulation
import Costing
import Hardware
import Parallelism
import Quantities
import TestSupport
import Testing
import Workload

/// What runs beside what in the backward pass of tensor-parallel layers.
@Suite("Overlap in the backward pass")
struct BackwardOverlapTests {
  /// One block and a head on `tensor` ranks of one node.
  static func setup(tensor: Int, sequenceParallel: Bool, overlap: Bool) throws -> TrainingSetup {
    var strategy = LayerStrategy()
    strategy.tensorParallel = tensor
    strategy.sequenceParallel = sequenceParallel
    let plan = ParallelPlan(
      pipelineParallel: 1, virtualStages: 1, layersPerStage: [2], layers: [strategy, strategy], embedding: strategy,
      head: strategy, microBatches: 2, schedule: .named("1f1b"))
    let job = TrainingJob(
      globalBatch: 4, sequenceLength: 512, format: .bf16, gradientFormat: .fp32, optimizer: .adam)
    var setup = TrainingSetup(
      model: try TinyModel.llama.model(blocks: 2, heads: 8, sequence: 512),
      cluster: TestHardware.cluster(devicesPerNode: tensor), job: job, plan: plan)
    setup.options.overlapTensorBackward = overlap
    return setup
  }

  static func time(sequenceParallel: Bool, overlap: Bool) throws -> SimDuration {
    try TrainingSimulation(setup(tensor: 4, sequenceParallel: sequenceParallel, overlap: overlap)).run().iterationTime
  }

  @Test(arguments: [false, true])
  func `collectives beside weight gradients save time`(sequenceParallel: Bool) throws {
    let beside = try Self.time(sequenceParallel: sequenceParallel, overlap: true)
    #expect(beside < (try Self.time(sequenceParallel: sequenceParallel, overlap: false)))
  }

  /// Megatron gathers the sequence-parallel input for the weight gradient while the input gradient is computed: the
  /// kernel of the input gradient starts before that gathering ends, the weight gradient's never does.
  @Test func `an input gradient does not wait for the input that only its weights need`() throws {
    let simulation = try TrainingSimulation(Self.setup(tensor: 4, sequenceParallel: true, overlap: true))
    let (programs, map) = try simulation.compile()
    let trace = try TrainingSimulation.trace(programs: programs, map: map, executor: .replay)
    var gatherEnd: SimTime?
    var inputsBeforeEnd = 0
    trace.forEachTask(ofSimulatedRank: 0) { task in
      let name = programs.names[Int(task.info.name)]
      if name == "logits_input_regather" { gatherEnd = task.end }
      guard let end = gatherEnd, name == "logits" else { return }
      if task.info.kind == .backwardInput, task.start < end { inputsBeforeEnd += 1 }
      if task.info.kind == .backwardWeight {
        #expect(task.start >= end)
        gatherEnd = nil
      }
    }
    #expect(inputsBeforeEnd > 0)
  }

  /// A rank updates its shard only: with 4 replicas ZeRO-1 reads a quarter of the gradients for the norm.
  @Test func `the norm and the update of ZeRO-1 work on the shard`() throws {
    func traffic(_ zero: ZeroStage) throws -> Int64 {
      var setup = try Self.setup(tensor: 1, sequenceParallel: false, overlap: true)
      setup.cluster = TestHardware.cluster(devicesPerNode: 4)
      for index in setup.plan.layers.indices {
        setup.plan.layers[index].dataParallel = 4
        setup.plan.layers[index].zero = zero
      }
      setup.plan.embedding = setup.plan.layers[0]
      setup.plan.head = setup.plan.layers[0]
      setup.plan.microBatches = 1
      let programs = try TrainingSimulation(setup).compile().programs
      return programs.infos.first { programs.names[Int($0.name)] == "gradient_norm" }?.bytes ?? 0
    }
    let whole = try traffic(.none)
    let shard = try traffic(.optimizer)
    #expect(shard * 4 >= whole && shard * 4 < whole + 4 * 4 * 16)
  }

  /// Two million micro-batches are the most; 1.9 million of them on 8 expanded ranks make more tasks than memory holds.
  @Test func `too many tasks are an error, not a crash`() throws {
    var setup = try Self.setup(tensor: 8, sequenceParallel: false, overlap: true)
    setup.job.globalBatch = 1_900_000
    setup.plan.microBatches = 1_900_000
    let simulation = try TrainingSimulation(setup)
    #expect(throws: SimulationError.self) { _ = try simulation.compile(expandRanks: true).map.rowCount }
    setup.job.globalBatch = 100_000_000
    setup.plan.microBatches = 100_000_000
    #expect(throws: SimulationError.self) { _ = try TrainingSimulation(setup).setup.cluster.nodes }
  }
}
