import Parallelism
import Quantities
import Workload

extension StageLowering {
  /// The forward pass of a virtual stage for one micro-batch.
  mutating func forward(_ key: TemplateKey) -> TemplateBuilder {
    var builder = start(key.stage, size: key.size, from: key.stage - 1)
    let numbers = layout.layers[key.stage]
    var gathers = GatherQueue(layers: numbers.filter { gathersParameters($0, inForward: true, isFirst: key.isFirst) })
    var previous = key.stage > 0 ? layout.layers[..<key.stage].last { !$0.isEmpty }?.last : nil
    for number in numbers {
      builder.layer = Int32(number)
      if let previous {
        let bytes = pricing.layer(previous, size: key.size).outputBytes
        addResharding(from: previous, to: number, bytes: bytes, to: &builder)
      }
      prefetch(&gathers, upTo: number, to: &builder)
      let first = builder.operations.count
      addForward(number, size: key.size, to: &builder)
      endHostLayer(&builder, since: first)
      if gathers.wasGathered(number), setup.options.reshardAfterForward { releaseGathered(number, &builder) }
      previous = number
    }
    if key.stage + 1 < layout.stageCount, layout.owner[key.stage + 1] != rank {
      addSend(
        to: layout.owner[key.stage + 1], bytes: boundaryBytes(after: key.stage, size: key.size),
        name: pricing.name("send_activation"), to: &builder)
    }
    return builder
  }

  /// A builder that begins with the message of another virtual stage, if that one runs on another rank.
  ///
  /// What comes from a step of the same rank is there when the streams of the data path have done all earlier steps: it
  /// may end with a collective, or be a message that a virtual stage without layers received.
  mutating func start(_ stage: Int, size: Int, from source: Int) -> TemplateBuilder {
    var frontier = [Wait.earlierSteps(of: .compute)]
    if !setup.options.overlapPipelineSends { frontier.append(.earlierSteps(of: .pipelineSend)) }
    var builder = TemplateBuilder(frontier: frontier)
    builder.virtualStage = Int32(stage)
    guard source >= 0 else {
      beginHostStep(&builder, received: nil)
      return builder
    }
    guard source < layout.stageCount, layout.owner[source] != rank else {
      for stream in [StreamKind.tensor, .context, .expert, .pipelineReceive] {
        builder.joinFrontier(.earlierSteps(of: stream))
      }
      beginHostStep(&builder, received: nil)
      return builder
    }
    let isGradient = source > stage
    let bytes = boundaryBytes(after: isGradient ? stage : source, size: size)
    let index = builder.add(
      .pipelineReceive, duration: 0, waits: [],
      TemplateBuilder.Description(
        name: pricing.name(isGradient ? "receive_gradient" : "receive_activation"), kind: .receive, bytes: bytes,
        groupSize: 2),
      role: .receive)
    builder.effect(index, atEnd: false, .communication, bytes)
    builder.joinFrontier(.operation(index))
    beginHostStep(&builder, received: index)
    receivedBytes = bytes
    return builder
  }

  /// The elements of a layer in forward order.
  private mutating func addForward(_ number: Int, size: Int, to builder: inout TemplateBuilder) {
    let layer = pricing.layer(number, size: size)
    let keepsNothing = setup.strategy(number).recompute == .full && number > 0
    if keepsNothing { pendingEffects.append(inputBytes(number, size: size)) }
    for element in layer.elements {
      switch element {
      case .compute(let step):
        let added = addKernels(step.forward, of: step, kind: .forward, to: &builder)
        guard let first = added.first, let last = added.last else { continue }
        flushPending(at: first, &builder)
        let discards = keepsNothing || discardsCore(number, step)
        builder.effect(first, atEnd: false, discards ? .workspace : .activations, step.savedBytes)
        if discards { builder.effect(last, atEnd: true, .workspace, -step.savedBytes) }
        addWorkspace(step, first, last, &builder)
      case .collective(let collective, let name):
        guard let call = collective.forward else { continue }
        addCollective(call, collective, name: name, layer: number, to: &builder)
      }
    }
  }

  /// Whether selective recompute throws an operator's tensors away.
  func discardsCore(_ number: Int, _ step: PricedOperator) -> Bool {
    setup.strategy(number).recompute == .selective && step.recompute == .attentionCore
  }

  /// Scratch memory of an operator while it runs.
  func addWorkspace(_ step: PricedOperator, _ first: Int, _ last: Int, _ builder: inout TemplateBuilder) {
    builder.effect(first, atEnd: false, .workspace, step.workspaceBytes)
    builder.effect(last, atEnd: true, .workspace, -step.workspaceBytes)
  }

  /// Bytes of a layer's input in its own layout, per rank: the output of the layer before under this layer's strategy. It
  /// is what a fully recomputed layer keeps.
  ///
  /// - Precondition: not the embedding, which has no layer before it.
  func inputBytes(_ number: Int, size: Int) -> Int64 {
    setup.layer(number - 1).outputBytes(setup.shard(number, size: size)).count
  }

  /// Puts what is waiting for the first operation of a layer in the ledger: checkpoints taken, receive buffers freed.
  mutating func flushPending(at operation: Int, _ builder: inout TemplateBuilder) {
    for bytes in pendingEffects { builder.effect(operation, atEnd: false, .activations, bytes) }
    pendingEffects = []
    freeReceived(at: operation, &builder)
  }
}
