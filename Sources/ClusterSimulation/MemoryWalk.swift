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
  /// The head that was taken last, and the time before which no other has a change.
  private var current = 0
  private var limit = Int64.min

  /// Where the walk stands on one stream.
  private struct Head {
    var stream: Int
    /// Index of the step, its first row and its micro-batch.
    var step: Int
    var stepRow = 0
    var microBatch: Int32 = -1
    /// Next effect in the table and the end of the step's effects.
    var effect = 0
    var lastEffect = 0
    /// When the next effect happens, and whether it gives memory back.
    var time: Int64 = 0
    var givesBack = false

    /// Whether this goes before the head of a lower stream.
    func precedes(_ other: Head) -> Bool {
      time < other.time || (time == other.time && givesBack && !other.givesBack)
    }
  }

  init(trace: Trace, simulatedRank rank: Int) {
    let program = Int(trace.map.programs[rank])
    starts = trace.columns.starts
    ends = trace.columns.ends
    base = trace.map.firstRows[rank]
    steps = trace.programs.steps[trace.programs.stepRange(ofProgram: program)]
    table = StreamEffects(programs: trace.programs, steps: steps)
    for stream in 0..<StreamKind.count {
      var head = Head(stream: stream, step: steps.startIndex - 1)
      if findNext(&head) { heads.append(head) }
    }
  }

  /// The next change.
  mutating func next() -> MemoryChange? {
    if heads.isEmpty { return nil }
    if heads[current].time >= limit { chooseHead() }
    let head = heads[current]
    let effect = table.effects[head.effect]
    var following = head
    following.effect += 1
    if findNext(&following) {
      heads[current] = following
    } else {
      heads.remove(at: current)
      current = 0
      limit = .min
    }
    return MemoryChange(
      time: SimTime(nanoseconds: head.time), category: effect.category, layer: effect.layer,
      microBatch: head.microBatch, bytes: effect.bytes, row: head.stepRow + Int(effect.operation))
  }

  /// Finds the head that goes first and how long it stays alone.
  private mutating func chooseHead() {
    current = 0
    limit = .max
    for index in heads.indices.dropFirst() {
      let isFirst = heads[index].precedes(heads[current])
      limit = Swift.min(limit, isFirst ? heads[current].time : heads[index].time)
      if isFirst { current = index }
    }
  }

  /// Brings a head to the effect it points at, in this step or a later one; `false` when the stream has none left.
  @inline(__always)
  private func findNext(_ head: inout Head) -> Bool {
    while head.effect == head.lastEffect {
      head.step += 1
      guard head.step < steps.endIndex else { return false }
      let step = steps[head.step]
      let range = table.range(template: step.template, stream: head.stream)
      head.effect = range.lowerBound
      head.lastEffect = range.upperBound
      head.stepRow = base + Int(step.firstRow)
      head.microBatch = step.microBatch
    }
    let effect = table.effects[head.effect]
    let row = head.stepRow + Int(effect.operation)
    head.time = effect.atEnd ? ends[row] : starts[row]
    head.givesBack = effect.bytes < 0
    return true
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
