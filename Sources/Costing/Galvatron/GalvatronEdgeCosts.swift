import Parallelism

extension GalvatronCostModel {
  /// Seconds of embedding, head and loss for one micro-batch, by stage, without the reduction of gradients.
  public func edgeTime(_ given: Case) -> [Double] {
    let whole = model.edgeForward.value(at: given.localBatch / Double(given.splitDegree))
    var times = [Double](repeating: 0, count: given.pipeline)
    let (first, last) = (edgeMessage(model.layers.first, given), edgeMessage(model.layers.last, given))
    guard given.pipeline > 1 else {
      return [edgeTime(forward: whole, model.whole, given, messages: first + last)]
    }
    times[0] = edgeTime(forward: whole / 2, model.first, given, messages: first)
    times[given.pipeline - 1] = edgeTime(forward: whole / 2, model.last, given, messages: last)
    return times
  }

  /// Milliseconds of an all-gather of the activations next to an edge.
  private func edgeMessage(_ layer: GalvatronLayerProfile?, _ given: Case) -> Double {
    guard given.strategy.tensorParallel > 1, let layer else { return 0 }
    let size = given.localBatch * layer.sampleSize(bytesPerElement: training.bytesPerElement)
    return hardware.allGather[given.strategy.tensorParallel]?.time(megabytes: size) ?? .infinity
  }

  /// Computation of one edge beside the gathering of its parameters (forward and backward, when they are sharded).
  private func edgeTime(
    forward: Double, _ edge: GalvatronEdgeProfile, _ given: Case, messages: Double
  ) -> Double {
    let ranks = given.sharingRanks
    let coefficient =
      (hardware.coefficient(ranks: Int(ranks), isConsecutive: given.strategy.tensorParallel == 1) ?? 0)
      * (ranks - 1) / ranks
    let size = (edge.states[given.strategy.tensorParallel] ?? .infinity) / 4 * (training.isMixedPrecision ? 0.5 : 1)
    let gather = given.strategy.zero == .parameters ? size * coefficient * 0.5 : 0
    return 0.001 * (beside(gather, forward) + beside(gather, 2 * forward) + messages)
  }

  /// Milliseconds of a transfer and a computation that only the latter slows down for.
  private func beside(_ transfer: Double, _ computation: Double) -> Double {
    let slow = computation * hardware.overlapSlowdown
    return slow > transfer ? transfer + (slow - transfer) / hardware.overlapSlowdown : transfer
  }

  /// MB of embedding, head and framework, by stage.
  public func edgeMemory(_ given: Case) -> [Double] {
    let ratio = statesRatio(given)
    func memory(_ edge: GalvatronEdgeProfile, live: Int) -> Double {
      (edge.states[given.strategy.tensorParallel] ?? .infinity) * ratio
        + (edge.activation[given.splitDegree] ?? .infinity) * (Double(live) * given.localBatch)
    }
    var all = [Double](repeating: 0, count: given.pipeline)
    if given.pipeline == 1 {
      all[0] = memory(model.whole, live: 1)
    } else {
      all[0] = memory(model.first, live: training.isGPipe ? given.microBatches : given.pipeline)
      all[given.pipeline - 1] = memory(model.last, live: training.isGPipe ? given.microBatches : 1)
    }
    return all.map { $0 + Self.contextMemory }
  }

  /// MB of the buffer for gathered activations, sized for the largest tensor-parallel degree of the search.
  public func globalBuffer(pipeline: Int, splitDegree: Int, globalBatch: Int, microBatches: Int) -> Double {
    guard training.reservesGlobalBuffer, training.isSequenceParallel else { return 0 }
    let replicas = hardware.devices / pipeline / splitDegree
    let samples = Double(globalBatch) / Double(microBatches) / Double(replicas)
    return samples * (model.layers.map { $0.sampleSize(bytesPerElement: training.bytesPerElement) }.max() ?? 0)
  }

  /// Seconds to come from one strategy's layout to another's.
  ///
  /// Between unlike degrees Galvatron charges the bytes at `1e-7` seconds per byte and coefficient, about a hundred times
  /// the physical time. Between like degrees small fixed costs only order the layers of a stage: tensor parallelism
  /// before Ulysses, unsharded before sharded, kept before recomputed.
  public func transition(
    from source: LayerStrategy, to target: LayerStrategy, _ layer: GalvatronLayerProfile, _ given: Case
  ) -> Double {
    guard source != target else { return 0 }
    let (old, new) = (max(source.tensorParallel, source.ulysses), max(target.tensorParallel, target.ulysses))
    guard training.isSequenceParallel, old != new else { return Self.orderingCost(source, target) }
    let degree = max(old, new)
    let replicas = hardware.devices / given.pipeline / degree
    let samples = Double(given.globalBatch) / Double(given.microBatches) / Double(replicas)
    let bytes = samples * Double(layer.sequenceLength) * Double(layer.hiddenSize) * training.bytesPerElement
    let coefficient = hardware.coefficient(ranks: degree, isConsecutive: true) ?? 0
    return Double(degree - 1) / Double(degree) * bytes * (coefficient * 1e-7)
  }

  private static func orderingCost(_ source: LayerStrategy, _ target: LayerStrategy) -> Double {
    let isSharded = target.zero == .parameters
    let isRecomputed = target.recompute == .full
    let sharding = source.zero != target.zero
    let recompute = source.recompute != target.recompute
    guard source.tensorParallel == target.tensorParallel, source.ulysses == target.ulysses,
      source.dataParallel == target.dataParallel
    else {
      let isOnlySplit = source.dataParallel == target.dataParallel && !sharding && !recompute
      return isOnlySplit && target.ulysses > 1 ? 1e-10 : 0
    }
    switch (sharding, recompute) {
    case (true, true):
      if source.zero == .parameters, isRecomputed { return 1e-9 }
      return isSharded && isRecomputed ? 3e-9 : 0
    case (true, false): return isSharded ? (isRecomputed ? 3e-9 : 1e-9) : 0
    case (false, true): return isRecomputed ? (isSharded ? 3e-9 : 2e-9) : 0
    case (false, false): return 0
    }
  }

  /// Seconds of an iteration of a finished plan (`pipeline_costmodel` of 2.4.1).
  ///
  /// All stages but the first and the last are assumed to keep up with them; gradients of a stage are reduced while the
  /// stages before it compute.
  ///
  /// - Parameters:
  ///   - synchronizing: Seconds of each stage's layers for one micro-batch with the reduction; shape `[stages]`.
  ///   - plain: The same without the reduction, embedding and head included.
  public static func iterationTime(synchronizing: [Double], plain: [Double], microBatches: Int) -> Double {
    guard let first = plain.first, let last = plain.last else { return 0 }
    let stages = plain.count
    let all = plain.reduce(0, +)
    let others = plain.dropFirst().reduce(0, +)
    let ramp = Double(min(stages - 1, microBatches - 1)) * first
    let fromFirst =
      max(ramp / 3, others / 3) + max(ramp * 2 / 3, others * 2 / 3)
      + first * Double(max(0, microBatches + 1 - stages))
    var exposed = 0.0
    var before = 0.0
    for stage in 0..<stages {
      before += plain[stage]
      exposed = max(exposed, synchronizing[stage] - before)
    }
    return max(all + last * Double(microBatches - 1), fromFirst) + exposed
  }
}
