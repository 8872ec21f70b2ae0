import ClusterSimulation
import Parallelism
import Quantities
import Workload

/// Prices layers for the search by compiling small plans: the very operators the simulator replays.
///
/// One compiled plan a strategy, with one block of each kind on every stage, and one plan with every pair of layouts next to
/// each other for the changes between them. ``PriceBook`` keeps what a probe has compiled.
struct PlanProbe {
  /// What is trained, where and how; its plan gives the schedule.
  let setup: TrainingSetup
  /// Pipeline degree.
  let pipeline: Int
  /// Sequences of one micro-batch over all ranks.
  let size: Int
  /// One block of each kind.
  let kinds: [Layer]
  /// Kind of every block of the model.
  let kindOfBlock: [Int]

  init(setup: TrainingSetup, pipeline: Int, size: Int) {
    self.setup = setup
    self.pipeline = pipeline
    self.size = size
    var kinds: [Layer] = []
    kindOfBlock = setup.model.blocks.map { block in
      let known = kinds.firstIndex {
        $0.role == block.role && $0.typeIndex == block.typeIndex && $0.sequenceLength == block.sequenceLength
      }
      if known == nil { kinds.append(block) }
      return known ?? kinds.count - 1
    }
    self.kinds = kinds
  }

  /// Puts profiles of strategies and changes between them together, for some number of micro-batches.
  ///
  /// - Parameters:
  ///   - strategies: At least one.
  ///   - profiles: Profiles of all stages; shape `[strategies][stages]`.
  ///   - transition: Seconds of changes; shape `[kinds][strategies * strategies]`.
  func table(
    _ strategies: [LayerStrategy], _ profiles: [[StageProfile]], transition: [[Double]], microBatches: Int
  ) -> StageCostTable {
    let first = profiles.first ?? []
    return StageCostTable(
      strategies: strategies, kindOfBlock: kindOfBlock, blocks: blocks(profiles),
      embedding: profiles.map { price($0[0], layer: 0) }, head: profiles.map { head($0[pipeline - 1]) },
      transition: transition, fixed: first.map(\.fixed),
      objective: PipelineObjective(
        stages: pipeline, microBatches: microBatches, hops: first.reduce(0) { $0 + Double($1.messages) * 1e-9 }),
      inFlight: (0..<pipeline).map { isGPipe ? microBatches : min(pipeline - $0, microBatches) })
  }

  private var isGPipe: Bool { setup.plan.schedule == .named("gpipe") }

  /// The schedule of searched plans: the setup's, or 1F1B when that one is of another kind.
  static func schedule(of setup: TrainingSetup) -> ScheduleChoice {
    setup.plan.schedule == .named("gpipe") ? .named("gpipe") : .named("1f1b")
  }

  /// Profiles of all stages when every layer has one strategy.
  func profile(_ strategy: LayerStrategy) throws(SimulationError) -> [StageProfile] {
    let blocks = (0..<pipeline).flatMap { _ in kinds }
    let layers = Array(repeating: strategy, count: blocks.count)
    return try simulate(
      blocks: blocks, layers: layers, division: Array(repeating: kinds.count, count: pipeline), edge: strategy)
  }

  /// Compiles a plan of two micro-batches of the search's size.
  private func simulate(
    blocks: [Layer], layers: [LayerStrategy], division: [Int], edge: LayerStrategy
  ) throws(SimulationError) -> [StageProfile] {
    var edge = edge
    edge.recompute = .none
    edge.expertParallel = 1
    var probe = setup
    probe.model = setup.model.replacingBlocks(blocks)
    probe.job.globalBatch = 2 * size
    probe.conditions.jitter = nil
    // Layers reduce their own gradients; in buckets one layer would be charged for another's.
    probe.options.gradientBucket = .zero
    probe.plan = ParallelPlan(
      pipelineParallel: pipeline, virtualStages: 1, layersPerStage: division, layers: layers, embedding: edge,
      head: edge, microBatches: 2, schedule: Self.schedule(of: setup))
    return try TrainingSimulation(probe).profiles()
  }

  private func blocks(_ profiles: [[StageProfile]]) -> [[[StageCostTable.Price]]] {
    (0..<pipeline).map { stage in
      kinds.indices.map { kind in profiles.map { price($0[stage], layer: 1 + stage * kinds.count + kind) } }
    }
  }

  /// The head, and on a last stage of several the copy of a tied embedding that it multiplies with.
  private func head(_ stage: StageProfile) -> StageCostTable.Price {
    var head = price(stage, layer: 1 + pipeline * kinds.count)
    guard pipeline > 1, stage.layers.contains(where: { $0.layer == 0 }) else { return head }
    let copy = price(stage, layer: 0)
    head.cost = head.cost + copy.cost
    head.states += copy.states
    head.kept += copy.kept
    head.transient = max(head.transient, copy.transient)
    return head
  }

  /// The price of a layer of the probe by its number; the update is shared by states.
  private func price(_ stage: StageProfile, layer number: Int) -> StageCostTable.Price {
    let layer = stage.layers.first { $0.layer == number } ?? LayerProfile(layer: number)
    let states = stage.layers.reduce(0) { $0 + $1.states }
    let update = states > 0 ? Double(stage.update) * Double(layer.states) / Double(states) : 0
    return StageCostTable.Price(
      cost: StageCost(
        step: Double(layer.path + layer.hiddenExcess) * 1e-9, once: (Double(layer.lastExcess) + update) * 1e-9),
      states: layer.states, kept: layer.kept, transient: layer.transient)
  }

  /// Seconds from each layout to each other, from one compiled plan that has them all next to each other.
  func layoutChanges(_ layouts: [LayerStrategy], kind: Int) -> [[Double]]? {
    var chain: [Int] = []
    for from in layouts.indices {
      for to in layouts.indices where to != from { chain += [from, to] }
    }
    let layers = chain.map { layouts[$0] }
    let blocks = Array(repeating: kinds[kind], count: chain.count)
    let division = [chain.count] + Array(repeating: 0, count: pipeline - 1)
    guard let edge = layers.first,
      let stages = try? simulate(blocks: blocks, layers: layers, division: division, edge: edge)
    else { return nil }
    var prices = Array(repeating: Array(repeating: 0.0, count: layouts.count), count: layouts.count)
    for layer in stages[0].layers where layer.layer >= 2 && layer.layer <= chain.count {
      prices[chain[layer.layer - 2]][chain[layer.layer - 1]] = Double(layer.resharding) * 1e-9
    }
    return prices
  }
}

/// A strategy that cannot run, and why.
public struct RejectedStrategy: Hashable, Sendable {
  /// The strategy.
  public let strategy: LayerStrategy
  /// Pipeline degree.
  public let pipeline: Int
  /// Micro-batches.
  public let microBatches: Int
  /// What keeps it from running.
  public let reason: String
}
