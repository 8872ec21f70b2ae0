import Costing
import Parallelism
import Quantities
import Workload

/// Layers whose sharded parameters a step gathers, in the order it needs them.
struct GatherQueue {
  /// Layers still to be gathered.
  private(set) var waiting: ArraySlice<Int>
  private let all: Set<Int>
  private var ready: [Int: [Wait]] = [:]

  init(layers: [Int]) {
    waiting = layers[...]
    all = Set(layers)
  }

  /// Whether so few layers are gathered that all of them are under way before the step computes anything.
  func isShort(ahead: Int) -> Bool { all.count <= ahead }

  /// Whether the step gathers a layer.
  func wasGathered(_ layer: Int) -> Bool { all.contains(layer) }

  /// Takes the next layer.
  mutating func takeFirst() -> Int? { waiting.popFirst() }

  /// Notes the operations that gather a layer.
  mutating func note(_ layer: Int, _ waits: [Wait]) { ready[layer] = waits }

  /// What the first operation of a layer waits for.
  mutating func take(_ layer: Int) -> [Wait] { ready.removeValue(forKey: layer) ?? [] }

  /// Layers gathered and not used yet.
  var aheadCount: Int { ready.count }
}

extension StageLowering {
  /// Whether a pass gathers a layer's parameters.
  ///
  /// With resharding after the forward pass every forward and backward pass gathers; without it the first forward pass
  /// of the iteration gathers once.
  func gathersParameters(_ number: Int, inForward: Bool, isFirst: Bool) -> Bool {
    let zero = setup.strategy(number).zero
    guard zero > .none, replicas(number) > 1 || replicas(number, expert: true) > 1 else { return false }
    guard zero == .parameters else { return setup.options.overlapParameterGather && inForward && isFirst }
    return setup.options.reshardAfterForward || (inForward && isFirst)
  }

  /// Issues gathers so that the layer's own is under way and `prefetchLayers` more, then makes the path wait for its own.
  ///
  /// Gathers of a long step hold each other back across steps, because they share a stream and the later ones wait for
  /// the compute. Those of a short step wait for the steps before, or all micro-batches would be gathered at once.
  mutating func prefetch(_ gathers: inout GatherQueue, upTo number: Int, to builder: inout TemplateBuilder) {
    guard gathers.wasGathered(number) else { return }
    let ahead = 1 + setup.options.prefetchLayers
    while gathers.aheadCount < ahead, let next = gathers.takeFirst() {
      let isHeldBack = builder.lastOperation(of: .compute) != nil || gathers.isShort(ahead: ahead)
      let limit = isHeldBack ? [builder.everything(on: .compute)] : []
      gathers.note(next, addGather(next, limit: limit, to: &builder))
    }
    for wait in gathers.take(number) { builder.joinFrontier(wait) }
  }

  /// Gathers a layer's parameters once the compute has reached `limit`.
  private mutating func addGather(_ number: Int, limit: [Wait], to builder: inout TemplateBuilder) -> [Wait] {
    let current = builder.layer
    builder.layer = Int32(number)
    defer { builder.layer = current }
    var waits: [Wait] = []
    for (slot, bytes) in gatherParts(number) {
      let call = CollectiveCall(kind: .allGather, payload: Bytes(bytes))
      let shape = rankClass.shapes[slot]
      let index = builder.add(
        .data, duration: pricing.duration(call, over: shape), waits: limit,
        TemplateBuilder.Description(
          name: pricing.name("gather_parameters"), kind: .parameterGather, bytes: bytes,
          groupSize: Int32(shape.ranks), call: call.kind),
        role: .join, link: Int32(slot))
      if setup.strategy(number).zero == .parameters {
        builder.effect(index, atEnd: false, .gathered, bytes - bytes / Int64(shape.ranks))
      }
      waits.append(.operation(index))
    }
    return waits
  }

  /// Group slots over which a layer's parameters are sharded, with the bytes one rank needs of each part.
  mutating func gatherParts(_ number: Int) -> [(slot: Int, bytes: Int64)] {
    let layer = pricing.layer(number, size: setup.strategy(number).dataParallel)
    let strategy = setup.strategy(number)
    let parts = [
      (groups.existingSlot(.dimension(.sharding, of: strategy)), denseParameters(number)),
      (groups.existingSlot(.dimension(.expertData, of: strategy)), layer.expertParameters),
    ]
    return parts.compactMap { slot, count in
      guard let slot, count > 0 else { return nil }
      return (slot, count * setup.job.parameterBytes)
    }
  }

  /// Frees a gathered layer when its last operation so far has ended.
  mutating func releaseGathered(_ number: Int, _ builder: inout TemplateBuilder) {
    guard setup.strategy(number).zero == .parameters else { return }
    guard let last = builder.infos.lastIndex(where: { $0.layer == Int32(number) }) else { return }
    for (slot, bytes) in gatherParts(number) {
      builder.effect(last, atEnd: true, .gathered, bytes / Int64(rankClass.shapes[slot].ranks) - bytes)
    }
  }
}
