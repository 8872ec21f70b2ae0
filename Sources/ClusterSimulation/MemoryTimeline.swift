import Quantities

/// One change of a rank's memory.
public struct MemoryChange: Hashable, Sendable {
  /// When.
  public var time: SimTime
  /// What for.
  public var category: MemoryCategory
  /// Layer it belongs to, as in ``OperationInfo/layer``.
  public var layer: Int32
  /// Micro-batch, or -1.
  public var microBatch: Int32
  /// Bytes taken, or with a negative sign given back.
  public var bytes: Int64
  /// Row of the task that did it.
  public var row: Int
}

/// What a rank's memory held at its highest, and whether it fitted.
public struct MemoryPeak: Hashable, Sendable {
  /// Bytes held per category at the instant of the peak; shape `[MemoryCategory.allCases.count]`.
  public var byCategory: [Int64]
  /// The highest sum, context included.
  public var bytes: Bytes
  /// When it was reached first; zero when nothing ever exceeded what is resident.
  public var time: SimTime
  /// Row of the task that reached it, or -1 for memory resident from the start.
  public var row: Int
  /// What is left at the end beyond the resident memory; zero unless the ledger leaks.
  public var leftOver: Int64
}

/// The memory ledger of a simulated rank, in the order of time: effects of all streams merged.
///
/// At equal instants releases come first: memory freed by a task that ends is there for one that starts.
public struct MemoryTimeline: Sendable {
  /// Memory held throughout.
  public let resident: [ResidentMemory]
  /// Changes in order.
  public let changes: [MemoryChange]

  /// Collects the changes of a rank.
  public init(trace: Trace, simulatedRank rank: Int) {
    let programs = trace.programs
    let program = Int(trace.map.programs[rank])
    resident = programs.programs[program].resident
    let streams = Self.changesByStream(trace, rank, program)
    changes = Self.merge(streams)
  }

  /// Changes of each stream; those of one stream are in order of time already.
  private static func changesByStream(_ trace: Trace, _ rank: Int, _ program: Int) -> [[MemoryChange]] {
    let programs = trace.programs
    var streams = Array(repeating: [MemoryChange](), count: StreamKind.count)
    let base = trace.map.firstRows[rank]
    for step in programs.steps[programs.stepRange(ofProgram: program)] {
      let template = programs.templates[Int(step.template)]
      let first = Int(template.firstEffect)
      for effect in programs.effects[first..<first + Int(template.effectCount)] {
        let row = base + Int(step.firstRow) + Int(effect.operation)
        let time = effect.atEnd ? trace.columns.ends[row] : trace.columns.starts[row]
        let stream = programs.operations[Int(template.firstOperation) + Int(effect.operation)].stream
        streams[Int(stream)].append(
          MemoryChange(
            time: SimTime(nanoseconds: time), category: effect.category, layer: effect.layer,
            microBatch: step.microBatch, bytes: effect.bytes, row: row))
      }
    }
    return streams
  }

  /// Merges the streams by time; at equal times a stream that gives back goes first, then the lower stream.
  private static func merge(_ streams: [[MemoryChange]]) -> [MemoryChange] {
    var used = streams.filter { !$0.isEmpty }[...]
    guard var merged = used.popFirst() else { return [] }
    while let next = used.popFirst() { merged = merge(merged, next) }
    return merged
  }

  private static func merge(_ first: [MemoryChange], _ second: [MemoryChange]) -> [MemoryChange] {
    var result: [MemoryChange] = []
    result.reserveCapacity(first.count + second.count)
    var (left, right) = (0, 0)
    while left < first.count, right < second.count {
      let (a, b) = (first[left], second[right])
      let takesSecond = b.time < a.time || (b.time == a.time && b.bytes < 0 && a.bytes >= 0)
      result.append(takesSecond ? b : a)
      if takesSecond { right += 1 } else { left += 1 }
    }
    result += first[left...]
    result += second[right...]
    return result
  }

  /// The highest point.
  public func peak() -> MemoryPeak {
    var held = Array(repeating: Int64(0), count: MemoryCategory.allCases.count)
    for part in resident { held[Int(part.category.rawValue)] += part.bytes.count }
    var sum = held.reduce(0, +)
    let start = sum
    var peak = MemoryPeak(byCategory: held, bytes: Bytes(sum), time: .zero, row: -1, leftOver: 0)
    for change in changes {
      held[Int(change.category.rawValue)] += change.bytes
      sum += change.bytes
      if sum > peak.bytes.count {
        peak = MemoryPeak(byCategory: held, bytes: Bytes(sum), time: change.time, row: change.row, leftOver: 0)
      }
    }
    peak.leftOver = sum - start
    return peak
  }
}
