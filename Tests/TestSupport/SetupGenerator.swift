import ClusterSimulation
import Hardware
import Parallelism
import Quantities
import Workload

/// Draws training setups: small, valid, and as unlike each other as the plan format allows.
public struct SetupGenerator {
  private var generator: SeededGenerator

  /// Starts a sequence of setups.
  public init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  /// The next valid setup.
  public mutating func next() -> TrainingSetup {
    while true {
      guard let setup = draw() else { continue }
      let violations = setup.plan.violations(
        model: setup.model, job: setup.job, devices: setup.cluster.deviceCount)
      if violations.isEmpty { return setup }
    }
  }

  private mutating func draw() -> TrainingSetup? {
    let cluster = cluster()
    let stages = generator.pick([1, 2, 2, 3, 3, 4, 4].filter { cluster.deviceCount % $0 == 0 })
    let kind = generator.pick(TinyModel.allCases)
    let blocks = generator.pick([1, 2, 3, 4])
    let sequence = generator.pick([48, 96])
    guard let model = try? kind.model(blocks: blocks, heads: generator.pick([8, 12]), sequence: sequence)
    else { return nil }
    var strategies = StrategyGenerator(
      stageSize: cluster.deviceCount / stages, hasExperts: kind == .mixtral, generator: generator)
    let layers = strategies.layers(count: model.blocks.count)
    let ends = (strategies.end(like: layers[0]), strategies.end(like: layers[layers.count - 1]))
    generator = strategies.generator
    var plan = ParallelPlan(
      pipelineParallel: stages, virtualStages: 1, layersPerStage: [], layers: layers, embedding: ends.0, head: ends.1,
      microBatches: generator.pick([1, 1, 2, 2, 3, 4, 4, 5, 6, 8]), schedule: .named("1f1b"))
    chooseSchedule(&plan)
    plan.layersPerStage = partition(model.blocks.count, stages: stages * plan.virtualStages)
    chooseRankOrder(&plan, stageSize: cluster.deviceCount / stages)
    return TrainingSetup(
      model: model, cluster: cluster, job: job(plan, sequence: sequence), plan: plan, options: options())
  }

  private mutating func cluster() -> Cluster {
    let (nodes, devices) = generator.pick([
      (1, 2), (1, 4), (1, 8), (2, 2), (2, 2), (2, 4), (3, 2), (3, 2), (3, 4), (3, 4), (3, 4), (4, 2), (4, 2), (4, 4),
      (2, 8), (3, 8),
    ])
    let device = TestHardware.device(efficiency: TestHardware.curve([(1e3, 0.1), (1e6, 0.4), (1e9, 0.7)]))
    return Cluster(
      name: "generated", device: device, devicesPerNode: devices, nodes: nodes,
      topology: generator.pick(NodeTopology.allCases),
      intraNode: TestHardware.link(
        .gigabytesPerSecond(generator.pick([12, 50, 400])), latency: .microseconds(generator.pick([1, 2.5]))),
      interNode: nodes > 1
        ? TestHardware.link(.gigabytesPerSecond(generator.pick([5, 25, 50])), latency: .microseconds(5)) : nil,
      networkCardsPerNode: nodes > 1 ? generator.pick([1, 2, 4, 8].filter { $0 <= devices }) : 0,
      hostLink: TestHardware.link(.gigabytesPerSecond(20), latency: .microseconds(4)))
  }

  private mutating func job(_ plan: ParallelPlan, sequence: Int) -> TrainingJob {
    let perReplica = plan.microBatches * generator.pick([1, 1, 2]) - (generator.once(in: 3) ? 1 : 0)
    return TrainingJob(
      globalBatch: plan.largestDataParallel * max(1, perReplica), sequenceLength: sequence,
      format: generator.pick([.bf16, .bf16, .fp16, .fp32, .fp8]), gradientFormat: generator.pick([.fp32, .bf16]),
      optimizer: generator.pick(Optimizer.allCases))
  }

  private mutating func chooseSchedule(_ plan: inout ParallelPlan) {
    switch generator.pick([0, 1, 2, 3, 4]) {
    case 0: plan.schedule = .named("gpipe")
    case 1: plan.schedule = .named("1f1b")
    case 2:
      plan.schedule = .named("interleaved-1f1b")
      plan.virtualStages = generator.pick([1, 2, 2, 3])
    default:
      plan.virtualStages = generator.pick([1, 2, 3])
      plan.schedule = custom(ranks: plan.pipelineParallel, chunks: plan.virtualStages, plan.microBatches)
    }
  }

  /// A schedule that went through PyTorch's file format; stages dealt out in turn, or back and forth.
  private mutating func custom(ranks: Int, chunks: Int, _ microBatches: Int) -> ScheduleChoice {
    let isZigzag = generator.once(in: 2)
    let placement = (0..<ranks * chunks).map { stage in
      isZigzag && (stage / ranks) % 2 == 1 ? ranks - 1 - stage % ranks : stage % ranks
    }
    let actions = ScheduleGenerator.actions(
      ranks: ranks, placement: placement, microBatches: microBatches, splitsBackward: generator.pick([0, 50, 100]),
      using: &generator)
    let text = ScheduleCSV.text(actions: actions)
    guard let reading = try? ScheduleCSV.parse(text, name: "generated") else { return .named("1f1b") }
    return .custom(reading.schedule)
  }

  /// Blocks thrown at random into stages; some stages may stay empty.
  private mutating func partition(_ blocks: Int, stages: Int) -> [Int] {
    var counts = Array(repeating: 0, count: stages)
    for _ in 0..<blocks { counts[Int.random(in: 0..<stages, using: &generator)] += 1 }
    return counts
  }

  private mutating func chooseRankOrder(_ plan: inout ParallelPlan, stageSize: Int) {
    guard generator.once(in: 2) else { return }
    plan.rankOrder = RankOrder(pipelineStride: generator.pick((1...stageSize).filter { stageSize % $0 == 0 }))
  }

  private mutating func options() -> ExecutionOptions {
    var options = ExecutionOptions()
    options.attention = generator.pick(AttentionImplementation.allCases)
    options.dropout = generator.once(in: 3)
    options.gradientBucket = generator.pick([.mebibytes(100), Bytes(4096), Bytes(60_000)])
    options.overlapGradientReduction = !generator.once(in: 3)
    options.gradientReduction = generator.pick(GradientReduction.allCases)
    options.prefetchLayers = generator.pick([1, 1, 2, 3])
    options.reshardAfterForward = !generator.once(in: 3)
    options.overlapPipelineSends = !generator.once(in: 3)
    options.overlapTensorBackward = !generator.once(in: 3)
    options.clipsGradients = !generator.once(in: 3)
    options.communicationBuffers = generator.pick([.zero, .mebibytes(8)])
    return options
  }
}
