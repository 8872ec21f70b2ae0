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
    guard setup.strategy(number).zero == .parameters, replicas(number) > 1 || replicas(number, expert: true) > 1
    else { return false }
    return setup.options.reshardAfterForward || (inForward && isFirst)
  }

  /// Issues gathers so that the layer's own is under way and `prefetchLayers` more, then makes the path wait for its own.
  mutating func prefetch(_ gathers: inout GatherQueue, upTo number: Int, to builder: inout TemplateBuilder) {
    guard gathers.wasGathered(number) else { return }
    while gathers.aheadCount < 1 + setup.options.prefetchLayers, let next = gathers.takeFirst() {
      gathers.note(next, addGather(next, limit: builder.lastOperation(of: .compute), to: &builder))
    }
    for wait in gathers.take(number) { builder.joinFrontier(wait) }
  }

  /// Gathers a layer's parameters once the compute has reached `limit`.
  private mutating func addGather(_ number: Int, limit: Int?, to builder: inout TemplateBuilder) -> [Wait] {
    let current = builder.layer
    builder.layer = Int32(number)
    defer { builder.layer = current }
    var waits: [Wait] = []
    for (slot, bytes) in gatherParts(number) {
      let call = CollectiveCall(kind: .allGather, payload: Bytes(bytes))
      let shape = rankClass.shapes[slot]
      let index = builder.add(
        .data, duration: pricing.duration(call, over: shape), waits: limit.map { [.operation($0)] } ?? [],
        TemplateBuilder.Description(
          name: pricing.name("gather_parameters"), kind: .parameterGather, bytes: bytes,
          groupSize: Int32(shape.ranks)),
        role: .join, link: Int32(slot))
      builder.effect(index, atEnd: false, .gathered, bytes - bytes / Int64(shape.ranks))
      waits.append(.operation(index))
    }
    return waits
  }

  /// Group slots over which a layer's parameters are sharded, with the bytes one rank needs of each part.
  mutating func gatherParts(_ number: Int) -> [(slot: Int, bytes: Int64)] {
    let counts = parameterCounts(number)
    let strategy = setup.strategy(number)
    let parts = [
      (groups.existingSlot(.dimension(.sharding, of: strategy)), counts.dense),
      (groups.existingSlot(.dimension(.expertData, of: strategy)), counts.expert),
    ]
    return parts.compactMap { slot, count in
      guard let slot, count > 0 else { return nil }
      return (slot, count * setup.job.parameterBytes)
    }
  }

  /// Frees a gathered layer when its last kernel so far has ended.
  mutating func releaseGathered(_ number: Int, _ builder: inout TemplateBuilder) {
    guard let last = builder.lastOperation(of: .compute) else { return }
    for (slot, bytes) in gatherParts(number) {
      builder.effect(last, atEnd: true, .gathered, bytes / Int64(rankClass.shapes[slot].ranks) - bytes)
    }
  }
}
