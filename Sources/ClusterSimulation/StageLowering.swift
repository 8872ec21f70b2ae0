import Costing
import Parallelism
import Quantities
import Workload

/// Which template a step runs.
struct TemplateKey: Hashable {
  /// The pass of a step.
  enum Pass: Hashable {
    case forward
    case backward
    case backwardInput
    case backwardWeight
    case update
  }

  var pass: Pass
  /// Virtual stage; -1 for the update.
  var stage: Int
  /// Sequences of the micro-batch, over all ranks.
  var size: Int
  /// Whether it is the stage's first forward pass of the iteration.
  var isFirst: Bool
  /// Whether it is the stage's last backward pass (or weight pass) of the iteration.
  var isLast: Bool
}

/// Lowers the steps of one class of ranks to templates. The passes are in extensions, one file each.
struct StageLowering {
  let setup: TrainingSetup
  let layout: StageLayout
  let rankClass: RankClass
  let groups: StageGroups
  var pricing: LayerPricing
  /// Checkpoints to be booked at the next operation.
  var pendingEffects: [Int64] = []
  /// What the next weight gradient waits for besides the data path.
  var weightWaits: [Wait] = []
  /// Bytes of a receive buffer to be freed after the next operation.
  var receivedBytes: Int64 = 0
  /// Name of what the processor does.
  let launchName: Int32

  init(
    setup: TrainingSetup, layout: StageLayout, rankClass: RankClass, groups: StageGroups, pricing: LayerPricing
  ) {
    self.setup = setup
    self.layout = layout
    self.rankClass = rankClass
    self.groups = groups
    self.pricing = pricing
    launchName = setup.options.framework.host.isFree ? -1 : self.pricing.name("launch")
  }

  /// Pipeline rank of the class.
  var rank: Int { rankClass.stage }

  /// Lowers the step of a key.
  mutating func lower(_ key: TemplateKey) -> TemplateBuilder {
    var builder =
      switch key.pass {
      case .forward: forward(key)
      case .backward, .backwardInput, .backwardWeight: backward(key)
      case .update: update()
      }
    releaseReceived(&builder)
    return builder
  }

  /// Gives the receive buffer, which belongs to no layer, back when an operation has ended.
  mutating func freeReceived(at operation: Int, _ builder: inout TemplateBuilder) {
    builder.effect(operation, atEnd: true, .communication, -receivedBytes, layer: -1)
    receivedBytes = 0
  }

  /// Frees the receive buffer of a virtual stage without layers, which only hands its message on.
  private mutating func releaseReceived(_ builder: inout TemplateBuilder) {
    guard receivedBytes > 0 else { return }
    let send = builder.operations.firstIndex { $0.role == .send }
    freeReceived(at: send ?? 0, &builder)
  }

  // MARK: Shared by the passes

  /// Adds the kernels of an operator on the data path.
  mutating func addKernels(
    _ kernels: [PricedKernel], of step: PricedOperator, kind: TaskKind, to builder: inout TemplateBuilder
  ) -> Range<Int> {
    let first = builder.operations.count
    for kernel in kernels {
      builder.addToPath(
        .compute, duration: kernel.duration,
        TemplateBuilder.Description(
          name: step.name, kind: kind, bytes: kernel.traffic, operations: kernel.operations,
          basis: kernel.basis))
    }
    return first..<builder.operations.count
  }

  /// Adds a collective of a layer on the data path.
  mutating func addCollective(
    _ call: CollectiveCall, _ collective: LayerCollective, name: Int32, layer number: Int,
    to builder: inout TemplateBuilder
  ) {
    let strategy = setup.strategy(number)
    let (dimension, stream): (GroupDimension, StreamKind) =
      switch collective.dimension {
      case .tensor: (.tensor, .tensor)
      case .ulysses: (.ulysses, .tensor)
      case .context: (.context, .context)
      case .expert: (.expert, .expert)
      }
    guard let slot = groups.existingSlot(.dimension(dimension, of: strategy)) else { return }
    add(call, slot: slot, stream: stream, name: name, kind: .layerCollective, to: &builder)
  }

  /// Adds a collective over the group of a slot on the data path.
  mutating func add(
    _ call: CollectiveCall, slot: Int, stream: StreamKind, name: Int32, kind: TaskKind,
    to builder: inout TemplateBuilder
  ) {
    let shape = rankClass.shapes[slot]
    builder.addToPath(
      stream, duration: pricing.duration(call, over: shape),
      TemplateBuilder.Description(
        name: name, kind: kind, bytes: call.payload.count, groupSize: Int32(shape.ranks), call: call.kind),
      role: .join, link: Int32(slot))
  }

  /// Moves activations (or their gradients) of `bytes` per rank from one layer's layout to another's.
  ///
  /// More sequences per rank are needed when the data-parallel degree falls: an all-gather over the ranks that merge.
  /// When it rises every rank drops what it does not need. Layouts of equal degrees in another order, and sequence
  /// shards of another cut, trade places in an all-to-all (Galvatron's transformation cost, arXiv 2211.13878).
  mutating func addResharding(
    from source: Int, to target: Int, bytes: Int64, to builder: inout TemplateBuilder
  ) {
    let (from, to) = (setup.strategy(source), setup.strategy(target))
    guard !from.hasSameLayout(as: to),
      let slot = groups.existingSlot(.resharding(from, to, stageSize: setup.stageSize))
        ?? groups.existingSlot(.resharding(to, from, stageSize: setup.stageSize))
    else { return }
    let isSharded = from.sequenceParallel || to.sequenceParallel || from.ulysses > 1 || to.ulysses > 1
    let merges = to.dataParallel < from.dataParallel
    let moves = from.isConsecutive != to.isConsecutive || isSharded
    guard merges || moves else { return }
    let call =
      merges && !isSharded
      ? CollectiveCall(kind: .allGather, payload: Bytes(bytes * Int64(from.dataParallel / to.dataParallel)))
      : CollectiveCall(kind: .allToAll, payload: Bytes(bytes))
    add(call, slot: slot, stream: .tensor, name: pricing.name("reshard"), kind: .resharding, to: &builder)
  }

  /// Bytes of the activation between a virtual stage and the next, per rank of the sending stage.
  mutating func boundaryBytes(after stage: Int, size: Int) -> Int64 {
    var last = layout.layers[stage].last
    var before = stage
    while last == nil, before > 0 {
      before -= 1
      last = layout.layers[before].last
    }
    return last.map { pricing.layer($0, size: size).outputBytes } ?? 0
  }

  /// Replicas that share a layer's dense (or expert) parameters.
  func replicas(_ number: Int, expert: Bool = false) -> Int64 {
    Int64((expert ? GroupDimension.expertData : .sharding).size(in: setup.strategy(number)))
  }

  /// Ends a step that sends to another pipeline rank.
  mutating func addSend(
    to peer: Int, bytes: Int64, name: Int32, to builder: inout TemplateBuilder
  ) {
    let slot = layout.peerSlot(of: rank, peer: peer)
    let crosses = rankClass.crossesNodes[Int(slot)]
    let index = builder.add(
      .pipelineSend, duration: pricing.messageDuration(bytes, crossesNodes: crosses),
      waits: builder.frontier.isEmpty ? [builder.everything(on: .compute)] : builder.frontier,
      TemplateBuilder.Description(name: name, kind: .send, bytes: bytes, groupSize: 2), role: .send, link: slot)
    builder.effect(index, atEnd: false, .communication, bytes)
    builder.effect(index, atEnd: true, .communication, -bytes)
  }
}
