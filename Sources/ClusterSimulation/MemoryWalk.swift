import Quantities

/// The memory changes of a simulated rank in the order of time, one after the other: the effects of its streams, merged
/// while they are read.
///
/// Changes of one stream are in order of time already. At equal times a stream that gives back goes first, then the
/// lower stream.
///
/// - Complexity: O(streams in use) per change; memory for the effects of the rank's templates.
struct MemoryWalk: Sequence, IteratorProtocol {
  private let starts: [Int64]
  private let ends: [Int64]
  private let steps: ArraySlice<ProgramStep>
  private let table: StreamEffects
  /// First row of the rank.
  private let base: Int
  /// The next change of each stream that has one left, lower streams first.
  private var heads: [Head] = []

  /// Where the walk stands on one stream.
  private struct Head {
    var stream: Int
    /// Index of the step.
    var step: Int
    /// Next effect in the table and the end of the step's effects.
    var effect: Int
    var lastEffect: Int
    var change: MemoryChange
  }

  init(trace: Trace, simulatedRank rank: Int) {
    let program = Int(trace.map.programs[rank])
    starts = trace.columns.starts
    ends = trace.columns.ends
    base = trace.map.firstRows[rank]
    steps = trace.programs.steps[trace.programs.stepRange(ofProgram: program)]
    table = StreamEffects(programs: trace.programs, steps: steps)
    let none = MemoryChange(time: .zero, category: .workspace, layer: -1, microBatch: -1, bytes: 0, row: -1)
    for stream in 0..<StreamKind.count {
      heads.append(Head(stream: stream, step: steps.startIndex - 1, effect: 0, lastEffect: 0, change: none))
      if !advance(heads.count - 1) { heads.removeLast() }
    }
  }

  /// The next change.
  mutating func next() -> MemoryChange? {
    guard !heads.isEmpty else { return nil }
    var first = 0
    for index in 1..<heads.count where heads[index].change.precedes(heads[first].change) { first = index }
    let change = heads[first].change
    if !advance(first) { heads.remove(at: first) }
    return change
  }

  /// Moves a head to the next change of its stream; `false` when there is none.
  @inline(__always)
  private mutating func advance(_ index: Int) -> Bool {
    while heads[index].effect == heads[index].lastEffect {
      heads[index].step += 1
      guard heads[index].step < steps.endIndex else { return false }
      let range = table.range(template: steps[heads[index].step].template, stream: heads[index].stream)
      heads[index].effect = range.lowerBound
      heads[index].lastEffect = range.upperBound
    }
    let effect = table.effects[heads[index].effect]
    let step = steps[heads[index].step]
    let row = base + Int(step.firstRow) + Int(effect.operation)
    heads[index].effect += 1
    heads[index].change = MemoryChange(
      time: SimTime(nanoseconds: effect.atEnd ? ends[row] : starts[row]), category: effect.category,
      layer: effect.layer, microBatch: step.microBatch, bytes: effect.bytes, row: row)
    return true
  }
}

extension MemoryChange {
  /// Whether a change of a higher stream goes before one of a lower stream.
  fileprivate func precedes(_ other: MemoryChange) -> Bool {
    time < other.time || (time == other.time && bytes < 0 && other.bytes >= 0)
  }
}

/// The memory effects of a program's templates, those of one stream side by side.
private struct StreamEffects {
  /// Effects by template, then stream, then operation.
  private(set) var effects: [MemoryEffect] = []
  /// First effect of each template and stream; shape `[templates * StreamKind.count + 1]`.
  private var bounds: [Int] = []
  private let firstTemplate: Int

  /// Sorts the effects of the templates that some steps use.
  init(programs: ProgramSet, steps: ArraySlice<ProgramStep>) {
    let templates = Set(steps.map { Int($0.template) }).sorted()
    firstTemplate = templates.first ?? 0
    for template in firstTemplate..<(templates.last ?? firstTemplate - 1) + 1 {
      let range = programs.effectRange(ofTemplate: template)
      let first = programs.operationRange(ofTemplate: template).lowerBound
      for stream in StreamKind.allCases {
        bounds.append(effects.count)
        effects += programs.effects[range].filter {
          programs.operations[first + Int($0.operation)].stream == stream.rawValue
        }
      }
    }
    bounds.append(effects.count)
  }

  @inline(__always)
  func range(template: Int32, stream: Int) -> Range<Int> {
    let slot = (Int(template) - firstTemplate) * StreamKind.count + stream
    return bounds[slot]..<bounds[slot + 1]
  }
}

extension ProgramSet {
  /// Indices of a template's memory effects in ``effects``.
  fileprivate func effectRange(ofTemplate template: Int) -> Range<Int> {
    let first = Int(templates[template].firstEffect)
    return first..<first + Int(templates[template].effectCount)
  }
}
