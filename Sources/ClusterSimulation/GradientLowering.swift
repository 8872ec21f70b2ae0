import Costing
import Parallelism
import Quantities
import Workload

/// Gradients that are ready and not yet reduced, by group slot.
struct GradientBuckets {
  /// One bucket being filled.
  struct Bucket {
    var slot: Int
    var bytes: Int64 = 0
    /// Whether the result stays whole on every rank.
    var keepsAll: Bool
    /// Whole gradients of layers that the reduction frees.
    var transient: [(layer: Int32, bytes: Int64)] = []
  }

  /// Buckets in order of first use.
  var buckets: [Bucket] = []
  /// Reductions of this step that free whole gradients, as indices of operations.
  var freeing: [Int] = []
  /// The operation that ends when everything the data stream was given before the first of them has ended.
  var marker = 0

  /// Adds gradients; returns the index of their bucket.
  mutating func add(
    _ bytes: Int64, slot: Int, keepsAll: Bool, transient: (layer: Int32, bytes: Int64)? = nil
  ) -> Int {
    let known = buckets.firstIndex { $0.slot == slot && $0.keepsAll == keepsAll }
    let index = known ?? buckets.count
    if known == nil { buckets.append(Bucket(slot: slot, keepsAll: keepsAll)) }
    buckets[index].bytes += bytes
    if let transient { buckets[index].transient.append(transient) }
    return index
  }
}

extension StageLowering {
  /// Parts of a layer's gradients by the group that reduces them, in bytes per rank before reduction.
  mutating func gradientParts(_ number: Int) -> [(slot: Int, bytes: Int64)] {
    gatherParts(number).map { slot, bytes in
      (slot, bytes / setup.job.parameterBytes * setup.job.gradientFormat.bytesPerElement)
    }
  }

  /// Adds a layer's gradients to the accumulated ones, where the framework does so in kernels of their own. They hold up
  /// nobody's data path.
  mutating func addAccumulation(_ number: Int, to builder: inout TemplateBuilder) {
    let bytes = setup.options.framework.accumulation
    guard bytes > 0 else { return }
    let layer = pricing.layer(number, size: setup.strategy(number).dataParallel)
    let count = Double(denseParameters(number) + layer.expertParameters)
    guard count > 0 else { return }
    let kernel = pricing.price(.memoryBound(.add, traffic: Bytes(Int64(bytes * count)), format: .fp32))
    builder.add(
      .compute, duration: kernel.duration, waits: [],
      TemplateBuilder.Description(
        name: pricing.name("accumulate_gradients"), kind: .backwardWeight, bytes: kernel.traffic, basis: kernel.basis))
  }

  /// Lets a layer whose gradients are whole only until they are reduced wait, so that no more than
  /// ``ExecutionOptions/pendingReductions`` are under way while its gradients are made: each holds whole gradients. FSDP2
  /// so waits for the reduction before (torch/distributed/fsdp, `FSDPParamGroup.post_backward`), DeepSpeed fills one
  /// buffer while another is reduced.
  func holdBack(_ number: Int, _ pass: BackwardPass, _ buckets: GradientBuckets, _ builder: inout TemplateBuilder) {
    guard pass.computesWeight, setup.reducesEveryMicroBatch(number), setup.strategy(number).zero >= .gradients,
      replicas(number) > 1 || replicas(number, expert: true) > 1
    else { return }
    let limit = setup.options.pendingReductions
    switch buckets.freeing.count {
    case 0: builder.joinFrontier(.earlierSteps(of: .copy))
    case let count where count <= limit: builder.joinFrontier(.operation(buckets.marker))
    case let count: builder.joinFrontier(.operation(buckets.freeing[count - 1 - limit]))
    }
  }

  /// Marks, before a step's first reduction, the moment at which those of earlier steps have ended: this step's second
  /// gradients and the next step's first ones wait for it.
  private mutating func mark(_ buckets: inout GradientBuckets, in builder: inout TemplateBuilder) {
    buckets.marker = builder.add(
      .copy, duration: 0, waits: [builder.everything(on: .data)],
      TemplateBuilder.Description(name: pricing.name("gradient_buffer_free"), kind: .marker))
  }

  /// Hands a layer's fresh gradients to their buckets and reduces those that are full.
  mutating func reduceGradients(
    _ number: Int, _ pass: BackwardPass, _ buckets: inout GradientBuckets, to builder: inout TemplateBuilder
  ) {
    let everyTime = setup.reducesEveryMicroBatch(number)
    guard everyTime || (pass.isLast && setup.options.overlapGradientReduction) else { return }
    let zero = setup.strategy(number).zero
    for (slot, bytes) in gradientParts(number) {
      let shard = bytes / Int64(rankClass.shapes[slot].ranks)
      let transient = everyTime && zero >= .gradients ? bytes - shard : 0
      if transient > 0, let first = firstOperation(ofLayer: number, builder) ?? builder.operations.indices.first {
        builder.effect(first, atEnd: false, .gradients, transient)
      }
      let index = buckets.add(
        bytes, slot: slot, keepsAll: zero == .none, transient: (layer: Int32(number), bytes: transient))
      if zero == .parameters || buckets.buckets[index].bytes >= setup.options.gradientBucket.count {
        reduce(&buckets, index, to: &builder)
      }
    }
  }

  /// Reduces what is left.
  mutating func flush(_ buckets: inout GradientBuckets, to builder: inout TemplateBuilder) {
    for index in buckets.buckets.indices where buckets.buckets[index].bytes > 0 {
      reduce(&buckets, index, to: &builder)
    }
  }

  private func firstOperation(ofLayer number: Int, _ builder: TemplateBuilder) -> Int? {
    builder.infos.firstIndex { $0.layer == Int32(number) && $0.kind == .backwardWeight }
  }

  private mutating func reduce(
    _ buckets: inout GradientBuckets, _ index: Int, to builder: inout TemplateBuilder
  ) {
    let bucket = buckets.buckets[index]
    let isFreeing = bucket.transient.contains { $0.bytes > 0 }
    if isFreeing, buckets.freeing.isEmpty { mark(&buckets, in: &builder) }
    let operation = addReduction(
      bucket.bytes, slot: bucket.slot, keepsAll: bucket.keepsAll, after: builder.everything(on: .compute), to: &builder)
    if isFreeing { buckets.freeing.append(operation) }
    for (layer, bytes) in bucket.transient {
      builder.effect(operation, atEnd: true, .gradients, -bytes, layer: layer)
    }
    if !setup.options.overlapGradientReduction { builder.joinFrontier(.operation(operation)) }
    buckets.buckets[index].bytes = 0
    buckets.buckets[index].transient = []
  }

  /// Adds one reduction of gradients: an all-reduce, or a reduce-scatter when each rank keeps its shard.
  @discardableResult
  mutating func addReduction(
    _ bytes: Int64, slot: Int, keepsAll: Bool, after wait: Wait, to builder: inout TemplateBuilder
  ) -> Int {
    let call = CollectiveCall(kind: keepsAll ? .allReduce : .reduceScatter, payload: Bytes(bytes))
    let shape = rankClass.shapes[slot]
    return builder.add(
      .data, duration: pricing.duration(call, over: shape), waits: [wait],
      TemplateBuilder.Description(
        name: pricing.name("reduce_gradients"), kind: .gradientReduction, bytes: bytes,
        groupSize: Int32(shape.ranks), call: call.kind),
      role: .join, link: Int32(slot))
  }
}
