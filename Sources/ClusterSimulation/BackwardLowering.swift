import Parallelism
import Quantities
import Workload

extension StageLowering {
  /// The backward pass of a virtual stage for one micro-batch: whole, for the input only, or for the weights only.
  mutating func backward(_ key: TemplateKey) -> TemplateBuilder {
    let pass = BackwardPass(key)
    var builder =
      pass.computesInput
      ? start(key.stage, size: key.size, from: key.stage + 1)
      : start(key.stage, size: key.size, from: layout.stageCount)
    let numbers = Array(layout.layers[key.stage].reversed())
    var gathers = GatherQueue(
      layers: pass.computesInput ? numbers.filter { gathersParameters($0, inForward: false, isFirst: false) } : [])
    var buckets = GradientBuckets()
    for number in numbers {
      builder.layer = Int32(number)
      prefetch(&gathers, upTo: number, to: &builder)
      holdBack(number, pass, buckets, &builder)
      let first = builder.operations.count
      addBackward(number, pass, to: &builder)
      if pass.computesWeight { addAccumulation(number, to: &builder) }
      endHostLayer(&builder, since: first)
      if gathers.wasGathered(number) || (keepsGathered(number) && pass.isLast && pass.computesWeight) {
        releaseGathered(number, &builder)
      }
      if pass.computesWeight { reduceGradients(number, pass, &buckets, to: &builder) }
      if pass.computesInput, number > 0 { reshardGradient(number, size: key.size, to: &builder) }
    }
    flush(&buckets, to: &builder)
    if pass.computesInput, key.stage > 0, layout.owner[key.stage - 1] != rank {
      addSend(
        to: layout.owner[key.stage - 1], bytes: boundaryBytes(after: key.stage - 1, size: key.size),
        name: pricing.name("send_gradient"), to: &builder)
    }
    return builder
  }

  /// Whether a layer stays gathered from the first forward to the last backward pass.
  private func keepsGathered(_ number: Int) -> Bool {
    !setup.options.reshardAfterForward && setup.strategy(number).zero == .parameters
  }

  /// Turns the gradient of a layer's input into the layout of the layer before, which may live on another stage.
  private mutating func reshardGradient(_ number: Int, size: Int, to builder: inout TemplateBuilder) {
    addResharding(
      from: number, to: number - 1, bytes: inputBytes(number, size: size), to: &builder)
  }

  private mutating func addBackward(_ number: Int, _ pass: BackwardPass, to builder: inout TemplateBuilder) {
    let layer = pricing.layer(number, size: pass.size)
    let isRecomputed = setup.strategy(number).recompute == .full && number > 0
    let before = builder.operations.count
    if isRecomputed, pass.computesInput { addRecompute(layer, number, to: &builder) }
    var index = layer.elements.count - 1
    var coreIsBack = false
    while index >= 0 {
      defer { index -= 1 }
      switch layer.elements[index] {
      case .collective(let collective, let name):
        guard let call = collective.backward else { continue }
        if collective.feedsWeightGradient {
          if pass.computesWeight { addRegather(call, collective, name: name, layer: number, to: &builder) }
        } else if pass.computesInput {
          addCollective(call, collective, name: name, layer: number, to: &builder)
        }
      case .compute(let step):
        if discardsCore(number, step), pass.computesInput, !coreIsBack {
          coreIsBack = true
          addCoreRecompute(layer, endingAt: index, number, to: &builder)
        }
        let saved: MemoryCategory = isRecomputed || discardsCore(number, step) ? .recompute : .activations
        let next = index > 0 ? layer.elements[index - 1] : nil
        index -= addBackward(step, pass, followedBy: next, layer: number, saved: saved, to: &builder)
      }
    }
    guard builder.operations.count > before else { return }
    // An embedding's gradient of the input is a collective at most.
    let last = max(before, builder.lastOperation(of: .compute) ?? before)
    addOutputGradient(layer, first: before, last: last, &builder)
    if isRecomputed, pass.computesWeight {
      builder.effect(last, atEnd: true, .activations, -inputBytes(number, size: pass.size))
    }
  }

  /// The gradient of the layer's output lives while the layer runs.
  private mutating func addOutputGradient(
    _ layer: PricedLayer, first: Int, last: Int, _ builder: inout TemplateBuilder
  ) {
    builder.effect(first, atEnd: false, .workspace, layer.outputBytes)
    builder.effect(last, atEnd: true, .workspace, -layer.outputBytes)
    freeReceived(at: first, &builder)
  }

  /// Adds the backward kernels of an operator; when the element before it in the layer is a collective of the backward
  /// pass, that one starts before the weight gradient and runs beside it.
  ///
  /// - Returns: How many further elements were consumed.
  private mutating func addBackward(
    _ step: PricedOperator, _ pass: BackwardPass, followedBy next: PricedElement?, layer number: Int,
    saved: MemoryCategory, to builder: inout TemplateBuilder
  ) -> Int {
    let first = builder.operations.count
    var consumed = 0
    if pass.computesInput { _ = addKernels(step.backwardInput, of: step, kind: .backwardInput, to: &builder) }
    let hasWeight = pass.computesWeight && !step.backwardWeight.isEmpty
    if hasWeight, pass.computesInput, !step.backwardInput.isEmpty, setup.options.overlapTensorBackward,
      case .collective(let collective, let name)? = next, let call = collective.backward,
      !collective.feedsWeightGradient
    {
      addCollective(call, collective, name: name, layer: number, to: &builder)
      consumed = 1
    }
    if hasWeight { addWeightKernels(step, waits: pass.computesInput && !step.backwardInput.isEmpty, to: &builder) }
    guard builder.operations.count > first, let last = builder.lastOperation(of: .compute) else { return consumed }
    addWorkspace(step, first, last, &builder)
    if pass.isLastUse(of: step) { builder.effect(last, atEnd: true, saved, -step.savedBytes) }
    return consumed
  }

  /// Weight kernels follow the input kernels on the compute stream and hold up nobody's data path; without input kernels,
  /// or without overlap, they are the path. They also wait for what was gathered for them alone.
  private mutating func addWeightKernels(
    _ step: PricedOperator, waits followsInput: Bool, to builder: inout TemplateBuilder
  ) {
    let gathered = weightWaits
    weightWaits = []
    guard followsInput, setup.options.overlapTensorBackward else {
      for wait in gathered { builder.joinFrontier(wait) }
      _ = addKernels(step.backwardWeight, of: step, kind: .backwardWeight, to: &builder)
      return
    }
    for kernel in step.backwardWeight {
      builder.add(
        .compute, duration: kernel.duration, waits: gathered,
        TemplateBuilder.Description(
          name: step.name, kind: .backwardWeight, bytes: kernel.traffic, operations: kernel.operations))
    }
  }

  /// Gathers what only weight gradients need, beside the data path.
  private mutating func addRegather(
    _ call: CollectiveCall, _ collective: LayerCollective, name: Int32, layer number: Int,
    to builder: inout TemplateBuilder
  ) {
    let frontier = builder.frontier
    addCollective(call, collective, name: name, layer: number, to: &builder)
    guard setup.options.overlapTensorBackward, builder.frontier != frontier else { return }
    weightWaits += builder.frontier
    builder.restoreFrontier(frontier)
  }

  // MARK: Recompute

  /// The whole forward pass of a layer again.
  private mutating func addRecompute(_ layer: PricedLayer, _ number: Int, to builder: inout TemplateBuilder) {
    for element in layer.elements {
      switch element {
      case .compute(let step): addRecompute(step, to: &builder)
      case .collective(let collective, let name):
        guard collective.repeatsInRecompute, let call = collective.forward else { continue }
        addCollective(call, collective, name: name, layer: number, to: &builder)
      }
    }
  }

  /// The attention core again: the run of core operators that ends at `end`.
  private mutating func addCoreRecompute(
    _ layer: PricedLayer, endingAt end: Int, _ number: Int, to builder: inout TemplateBuilder
  ) {
    var core: [PricedOperator] = []
    for element in layer.elements[...end] {
      if case .compute(let step) = element, step.recompute == .attentionCore { core.append(step) }
    }
    for step in core { addRecompute(step, to: &builder) }
  }

  private mutating func addRecompute(_ step: PricedOperator, to builder: inout TemplateBuilder) {
    let added = addKernels(step.forward, of: step, kind: .recompute, to: &builder)
    if let first = added.first { builder.effect(first, atEnd: false, .recompute, step.savedBytes) }
  }
}

/// Which gradients a backward step computes.
struct BackwardPass {
  let computesInput: Bool
  let computesWeight: Bool
  /// Whether gradients are complete after the step.
  let isLast: Bool
  /// Sequences of the micro-batch, over all ranks.
  let size: Int

  /// Whether nothing after this step needs what the forward pass of an operator kept: the weight gradients do, where
  /// there are weights.
  func isLastUse(of step: PricedOperator) -> Bool { step.backwardWeight.isEmpty ? computesInput : computesWeight }

  init(_ key: TemplateKey) {
    computesInput = key.pass != .backwardWeight
    computesWeight = key.pass != .backwardInput
    isLast = key.isLast
    size = key.size
  }
}
