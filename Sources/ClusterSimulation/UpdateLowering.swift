import Costing
import Parallelism
import Quantities
import Workload

extension StageLowering {
  /// What ends the iteration: reductions that did not overlap, the tied embedding's, the gradient norm, the weight
  /// update, and the gathering of updated parameters (ZeRO-1 and ZeRO-2).
  mutating func update() -> TemplateBuilder {
    var builder = TemplateBuilder(
      frontier: [
        .earlierSteps(of: .compute), .earlierSteps(of: .data), .earlierSteps(of: .tensor),
        .earlierSteps(of: .expert), .earlierSteps(of: .context),
      ])
    if !setup.options.framework.host.isFree { builder.joinFrontier(.earlierSteps(of: .host)) }
    if !setup.options.overlapGradientReduction { addLateReductions(&builder) }
    addReplicatedGradients(&builder)
    addTiedEmbedding(&builder)
    let states = modelStates()
    if setup.options.clipsGradients { addNorm(states, &builder) }
    addOptimizer(states, &builder)
    if !setup.options.overlapParameterGather { addParameterGather(&builder) }
    endHostIteration(&builder)
    return builder
  }

  private mutating func addLateReductions(_ builder: inout TemplateBuilder) {
    var buckets = GradientBuckets()
    for number in layout.layers(ofRank: rank).reversed() where !setup.reducesEveryMicroBatch(number) {
      for (slot, bytes) in gradientParts(number) {
        _ = buckets.add(bytes, slot: slot, keepsAll: setup.strategy(number).zero == .none)
      }
    }
    for bucket in buckets.buckets {
      let size = setup.options.gradientBucket.count
      var rest = bucket.bytes
      while rest > 0 {
        let index = addReduction(
          min(rest, size), slot: bucket.slot, keepsAll: bucket.keepsAll, after: builder.everything(on: .compute),
          to: &builder)
        builder.joinFrontier(.operation(index))
        rest -= size
      }
    }
  }

  /// Sequence parallelism leaves every tensor-parallel rank with partial gradients of the replicated parameters
  /// (Korthikanti et al. 2022, arXiv 2205.05198).
  private mutating func addReplicatedGradients(_ builder: inout TemplateBuilder) {
    var totals = SlotTotals()
    for number in layout.layers(ofRank: rank) where setup.strategy(number).sequenceParallel {
      let strategy = setup.strategy(number)
      guard let slot = groups.existingSlot(.dimension(.tensor, of: strategy)) else { continue }
      let bytes =
        pricing.layer(number, size: strategy.dataParallel).replicatedParameters
        * setup.job.gradientFormat.bytesPerElement
      totals.add(bytes, slot: slot)
    }
    for (slot, bytes) in totals.values where bytes > 0 {
      add(
        CollectiveCall(kind: .allReduce, payload: Bytes(bytes)), slot: slot, stream: .tensor,
        name: pricing.name("reduce_replicated_gradients"), kind: .gradientReduction, to: &builder)
    }
  }

  private mutating func addTiedEmbedding(_ builder: inout TemplateBuilder) {
    guard let slot = groups.existingSlot(.tiedEmbedding), let tied = setup.model.tiedParameters else { return }
    let parameters = tied.countPerRank(
      tensorParallel: setup.plan.embedding.tensorParallel, expertParallel: 1)
    builder.layer = 0
    add(
      CollectiveCall(
        kind: .allReduce,
        payload: Bytes(parameters * setup.job.gradientFormat.bytesPerElement)),
      slot: slot, stream: .data, name: pricing.name("reduce_tied_embedding"), kind: .gradientReduction, to: &builder)
    builder.layer = -1
  }

  /// Each rank reads the gradients it updates with once and adds one number over all ranks.
  private mutating func addNorm(_ states: ModelStates, _ builder: inout TemplateBuilder) {
    let kernel = pricing.price(
      Kernel.memoryBound(
        .gradientNorm, traffic: Bytes(states.updatedGradientBytes), format: setup.job.gradientFormat))
    builder.addToPath(
      .compute, duration: kernel.duration,
      TemplateBuilder.Description(
        name: pricing.name("gradient_norm"), kind: .gradientNorm, bytes: kernel.traffic,
        basis: kernel.basis))
    guard let slot = groups.existingSlot(.world) else { return }
    add(
      CollectiveCall(kind: .allReduce, payload: Bytes(4)), slot: slot, stream: .data,
      name: pricing.name("reduce_gradient_norm"), kind: .gradientReduction, to: &builder)
  }

  /// A fused update streams its states once: reads gradients, states and nothing else, writes states and parameters. Then
  /// the accumulation buffer is cleared for the next iteration.
  private mutating func addOptimizer(_ states: ModelStates, _ builder: inout TemplateBuilder) {
    let updated = Double(states.updatedParameterBytes / setup.job.parameterBytes)
    let traffic =
      states.updatedGradientBytes + 2 * states.optimizerBytes + 2 * states.updatedParameterBytes
      + Int64(setup.options.framework.update * updated)
    let kernel = pricing.price(Kernel.memoryBound(.adam, traffic: Bytes(traffic), format: .fp32))
    builder.addToPath(
      .compute, duration: kernel.duration,
      TemplateBuilder.Description(
        name: pricing.name("optimizer_step"), kind: .optimizer, bytes: traffic, basis: kernel.basis))
    let clear = pricing.price(Kernel.memoryBound(traffic: Bytes(states.gradientBytes), format: .fp32))
    builder.addToPath(
      .compute, duration: clear.duration,
      TemplateBuilder.Description(
        name: pricing.name("clear_gradients"), kind: .optimizer, bytes: states.gradientBytes, basis: clear.basis))
  }

  private mutating func addParameterGather(_ builder: inout TemplateBuilder) {
    var totals = SlotTotals()
    for number in layout.layers(ofRank: rank) {
      let zero = setup.strategy(number).zero
      guard zero == .optimizer || zero == .gradients else { continue }
      for (slot, bytes) in gatherParts(number) { totals.add(bytes, slot: slot) }
    }
    for (slot, bytes) in totals.values {
      add(
        CollectiveCall(kind: .allGather, payload: Bytes(bytes)), slot: slot, stream: .data,
        name: pricing.name("gather_updated_parameters"), kind: .parameterGather, to: &builder)
    }
  }
}

/// Bytes by group slot, in order of first use.
private struct SlotTotals {
  private(set) var values: [(slot: Int, bytes: Int64)] = []

  /// Adds to a slot's total.
  mutating func add(_ bytes: Int64, slot: Int) {
    if let known = values.firstIndex(where: { $0.slot == slot }) {
      values[known].bytes += bytes
    } else {
      values.append((slot, bytes))
    }
  }
}
