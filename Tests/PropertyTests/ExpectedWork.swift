import ClusterSimulation
import Parallelism
import Quantities
import Workload

/// What a layer asks of one rank, straight from the layer: what the simulated tasks have to add up to.
struct ExpectedWork {
  let setup: TrainingSetup

  /// A layer by number: 0 is the embedding, then the blocks, then the head.
  func layer(_ number: Int) -> Layer { setup.model.layers[number] }

  /// Its strategy.
  func strategy(_ number: Int) -> LayerStrategy {
    ([setup.plan.embedding] + setup.plan.layers + [setup.plan.head])[number]
  }

  /// Its elements for a micro-batch of `size` sequences over all ranks.
  func elements(_ number: Int, size: Int) -> [LayerElement] {
    let strategy = strategy(number)
    var shard = LayerShard(
      microBatch: size / strategy.dataParallel, format: setup.job.format, attention: setup.options.attention,
      dropout: setup.options.dropout)
    shard.tensorParallel = strategy.tensorParallel
    shard.sequenceParallel = strategy.sequenceParallel
    shard.ulysses = strategy.ulysses
    shard.contextParallel = strategy.contextParallel
    shard.expertParallel = strategy.expertParallel
    return layer(number).elements(shard)
  }

  /// Layers of a pipeline rank, in ascending order.
  func layers(ofStage rank: Int) -> [Int] {
    let plan = setup.plan
    var owned: [Int] = []
    var next = 1
    for (stage, count) in plan.layersPerStage.enumerated() {
      if owner(ofStage: stage) == rank {
        if stage == 0 { owned.append(0) }
        owned += Array(next..<next + count)
        if stage == plan.layersPerStage.count - 1 { owned.append(setup.model.blocks.count + 1) }
      }
      next += count
    }
    return owned
  }

  /// Whether a tied embedding's table is held on two pipeline ranks.
  var copiesTable: Bool {
    setup.model.tiesEmbeddings && owner(ofStage: 0) != owner(ofStage: setup.plan.layersPerStage.count - 1)
  }

  private func owner(ofStage stage: Int) -> Int {
    guard case .custom(let schedule) = setup.plan.schedule else { return stage % setup.plan.pipelineParallel }
    return schedule.actions.firstIndex { $0.contains { $0.stage == stage } } ?? 0
  }

  /// Ranks that share a layer's dense and expert parameters.
  func replicas(_ number: Int) -> (dense: Int, expert: Int) {
    let strategy = strategy(number)
    let dense = strategy.dataParallel * strategy.contextParallel * strategy.ulysses
    return (dense, dense / strategy.expertParallel)
  }

  /// Parameters of a layer on one rank without ZeRO.
  func parameters(_ number: Int) -> (dense: Int64, expert: Int64) {
    let strategy = strategy(number)
    var sums = (dense: Int64(0), expert: Int64(0))
    for group in layer(number).parameters {
      let count = group.countPerRank(
        tensorParallel: strategy.tensorParallel, expertParallel: strategy.expertParallel)
      if group.sharding == .expert { sums.expert += count } else { sums.dense += count }
    }
    if number == setup.model.blocks.count + 1, copiesTable, let table = setup.model.tiedParameters {
      sums.dense += table.countPerRank(tensorParallel: strategy.tensorParallel, expertParallel: 1)
    }
    return sums
  }

  /// Parameters of a layer that are gathered or reduced: those with more than one replica.
  func sharedParameters(_ number: Int) -> Int64 {
    let (parameters, replicas) = (parameters(number), replicas(number))
    return (replicas.dense > 1 ? parameters.dense : 0) + (replicas.expert > 1 ? parameters.expert : 0)
  }

  /// Whether a layer's gradients are reduced in every micro-batch.
  func reducesEveryMicroBatch(_ number: Int) -> Bool {
    switch setup.options.gradientReduction {
    case .everyMicroBatch: true
    case .lastMicroBatch: false
    case .byZeroStage: strategy(number).zero.rawValue >= 2
    }
  }
}
