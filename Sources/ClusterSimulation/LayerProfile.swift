import Parallelism
import Quantities
import Workload

/// What one layer takes on a rank of its stage: the operators of a compiled plan, added up by layer.
public struct LayerProfile: Hashable, Sendable {
  /// Layer of the model: 0 is the embedding, then the blocks, then the head.
  public var layer: Int
  /// Nanoseconds of kernels and collectives of one micro-batch, forward and backward, on the path of the data.
  public var path: Int64 = 0
  /// Nanoseconds of changing layouts on the way to the layer and back, part of no other figure.
  public var resharding: Int64 = 0
  /// Nanoseconds by which gathering and reducing parameters outlast the path, in every micro-batch.
  public var hiddenExcess: Int64 = 0
  /// The same in the last micro-batch beyond every other: reductions that happen once.
  public var lastExcess: Int64 = 0
  /// Bytes of model states.
  public var states: Int64 = 0
  /// Bytes kept from the forward to the backward pass of one micro-batch.
  public var kept: Int64 = 0
  /// Most bytes held for a while beside what is kept, while the layer runs.
  public var transient: Int64 = 0

  /// A layer that takes nothing.
  public init(layer: Int) { self.layer = layer }
}

/// What the layers of a stage take, on the first rank of its slowest class.
public struct StageProfile: Hashable, Sendable {
  /// Pipeline rank.
  public var stage: Int
  /// Its layers in execution order.
  public var layers: [LayerProfile]
  /// Nanoseconds of the message to the next stage and of the one to the stage before, per micro-batch.
  public var messages: Int64 = 0
  /// Nanoseconds of the update at the end of the iteration.
  public var update: Int64 = 0
  /// Bytes that belong to no layer: context and communication buffers.
  public var fixed: Int64 = 0
}

extension StageProfile {
  /// Nanoseconds of the path of a micro-batch.
  fileprivate var path: Int64 { layers.reduce(0) { $0 + $1.path } }
}

extension TrainingSimulation {
  /// Adds up the compiled plan by stage and layer. Needs at least two micro-batches to tell the last from the others.
  ///
  /// - Throws: ``SimulationError/outOfRange(_:)`` when there would be too many tasks.
  public func profiles() throws(SimulationError) -> [StageProfile] {
    let (programs, _) = try compile()
    var profiles: [StageProfile] = []
    for index in programs.programs.indices {
      let profile = ProfileReader(programs: programs, program: index).profile(layers: setup.layerCount)
      guard let known = profiles.firstIndex(where: { $0.stage == profile.stage }) else {
        profiles.append(profile)
        continue
      }
      // Ranks of a stage wait for the slowest of them; all hold the same.
      if profile.path > profiles[known].path { profiles[known] = profile }
    }
    return profiles.sorted { $0.stage < $1.stage }
  }
}

/// Reads the profile of one program.
private struct ProfileReader {
  let programs: ProgramSet
  let program: Int

  func profile(layers count: Int) -> StageProfile {
    var layers = (0..<count).map { LayerProfile(layer: $0) }
    let steps = Array(programs.steps[programs.stepRange(ofProgram: program)])
    var stage = StageProfile(stage: programs.programs[program].stage, layers: [])
    let (forward, first, last) = passes(steps)
    if let forward { add(forward, to: &layers) }
    if let first { add(first, to: &layers) }
    if let last, let first { addLast(last, beyond: first, to: &layers) }
    for template in [forward, first].compactMap({ $0 }) { stage.messages += messages(of: template) }
    if let update = steps.last(where: { $0.microBatch < 0 }) { stage.update = length(of: Int(update.template)) }
    for part in programs.programs[program].resident {
      if part.layer >= 0 { layers[Int(part.layer)].states += part.bytes.count } else { stage.fixed += part.bytes.count }
    }
    let held = Set(steps.flatMap { infos(of: Int($0.template)).map(\.layer) })
    stage.layers = layers.filter { held.contains(Int32($0.layer)) || $0.states > 0 }
    return stage
  }

  /// Templates of a forward pass, of a backward pass that is not the last, and of the last one.
  private func passes(_ steps: [ProgramStep]) -> (forward: Int?, first: Int?, last: Int?) {
    let first = steps.filter { $0.microBatch == 0 }
    let highest = steps.map(\.microBatch).max() ?? 0
    let last = steps.last { $0.microBatch == highest }
    return (
      first.first.map { Int($0.template) }, first.count > 1 ? Int(first[1].template) : nil,
      last.map { Int($0.template) }
    )
  }

  private func infos(of template: Int) -> ArraySlice<OperationInfo> {
    programs.infos[programs.operationRange(ofTemplate: template)]
  }

  /// Adds the path, the hidden excess and the memory of a pass.
  private func add(_ template: Int, to layers: inout [LayerProfile]) {
    let path = pathTimes(template, count: layers.count)
    let data = dataTimes(template, count: layers.count)
    for place in programs.operationRange(ofTemplate: template) where programs.infos[place].kind == .resharding {
      layers[Int(programs.infos[place].layer)].resharding += programs.operations[place].duration
    }
    for layer in layers.indices {
      layers[layer].path += path[layer]
      layers[layer].hiddenExcess += max(0, data[layer] - path[layer])
    }
    addMemory(template, to: &layers)
  }

  private func addLast(_ template: Int, beyond first: Int, to layers: inout [LayerProfile]) {
    let path = pathTimes(template, count: layers.count)
    let (data, before) = (dataTimes(template, count: layers.count), dataTimes(first, count: layers.count))
    for layer in layers.indices {
      layers[layer].lastExcess += max(0, data[layer] - path[layer]) - max(0, before[layer] - path[layer])
    }
  }

  /// Nanoseconds each layer adds to the path of the data: streams in order, operations after what they wait for, with
  /// gathers, reductions, messages and layout changes taken as done.
  private func pathTimes(_ template: Int, count: Int) -> [Int64] {
    let range = programs.operationRange(ofTemplate: template)
    var streams = [Int64](repeating: 0, count: StreamKind.count)
    var ends = [Int64](repeating: 0, count: range.count)
    var times = [Int64](repeating: 0, count: count)
    var reached: Int64 = 0
    for (index, place) in range.enumerated() {
      let operation = programs.operations[place]
      let info = programs.infos[place]
      var start = streams[Int(operation.stream)]
      let first = Int(operation.firstWait)
      for wait in programs.waits[first..<first + Int(operation.waitCount)] where wait.code >= 0 {
        start = max(start, ends[Int(wait.code)])
      }
      guard Self.isOnPath(info, stream: operation.stream) else {
        // What is not on the path never holds it up: it ends when the path got here.
        ends[index] = min(start, reached)
        continue
      }
      ends[index] = start + operation.duration
      streams[Int(operation.stream)] = ends[index]
      if ends[index] > reached, info.layer >= 0 { times[Int(info.layer)] += ends[index] - reached }
      reached = max(reached, ends[index])
    }
    return times
  }

  private static func isOnPath(_ info: OperationInfo, stream: UInt8) -> Bool {
    guard info.kind != .resharding else { return false }
    let path: [StreamKind] = [.compute, .tensor, .context, .expert]
    return path.contains { $0.rawValue == stream }
  }

  /// Nanoseconds of gathers and reductions of each layer.
  private func dataTimes(_ template: Int, count: Int) -> [Int64] {
    var times = [Int64](repeating: 0, count: count)
    for place in programs.operationRange(ofTemplate: template) {
      let (operation, info) = (programs.operations[place], programs.infos[place])
      guard operation.stream == StreamKind.data.rawValue, info.layer >= 0 else { continue }
      times[Int(info.layer)] += operation.duration
    }
    return times
  }

  private func messages(of template: Int) -> Int64 {
    programs.operationRange(ofTemplate: template).reduce(0) {
      programs.operations[$1].role == .send ? $0 + programs.operations[$1].duration : $0
    }
  }

  /// Nanoseconds of a template whose operations follow each other.
  private func length(of template: Int) -> Int64 {
    programs.operationRange(ofTemplate: template).reduce(0) { $0 + programs.operations[$1].duration }
  }

  /// Adds what a pass keeps, and the most it holds for a while.
  private func addMemory(_ template: Int, to layers: inout [LayerProfile]) {
    let operations = programs.operationRange(ofTemplate: template)
    let first = Int(programs.templates[template].firstEffect)
    var held: Int64 = 0
    for effect in programs.effects[first..<first + Int(programs.templates[template].effectCount)] {
      if effect.category == .activations {
        if effect.bytes > 0, effect.layer >= 0 { layers[Int(effect.layer)].kept += effect.bytes }
        continue
      }
      held += effect.bytes
      let layer = programs.infos[operations.lowerBound + Int(effect.operation)].layer
      if layer >= 0 { layers[Int(layer)].transient = max(layers[Int(layer)].transient, held) }
    }
  }
}
