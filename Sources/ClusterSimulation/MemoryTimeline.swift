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

  package init(
    time: SimTime, category: MemoryCategory, layer: Int32, microBatch: Int32, bytes: Int64, row: Int
  ) {
    self.time = time
    self.category = category
    self.layer = layer
    self.microBatch = microBatch
    self.bytes = bytes
    self.row = row
  }
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
    resident = trace.programs.programs[Int(trace.map.programs[rank])].resident
    changes = Array(MemoryWalk(trace: trace, simulatedRank: rank))
  }

  /// Puts a ledger together, as a file holds it.
  ///
  /// - Parameter changes: In order.
  package init(resident: [ResidentMemory], changes: [MemoryChange]) {
    self.resident = resident
    self.changes = changes
  }

  /// The highest point.
  public func peak() -> MemoryPeak { MemoryPeak(resident: resident, changes: changes) }
}

extension Trace {
  /// The highest point of a simulated rank's memory, found without storing its changes.
  public func memoryPeak(ofSimulatedRank rank: Int) -> MemoryPeak {
    MemoryPeak(
      resident: programs.programs[Int(map.programs[rank])].resident,
      changes: MemoryWalk(trace: self, simulatedRank: rank))
  }
}

extension MemoryPeak {
  /// Adds up changes in the order of time.
  init(resident: [ResidentMemory], changes: some Sequence<MemoryChange>) {
    var held = Array(repeating: Int64(0), count: MemoryCategory.allCases.count)
    for part in resident { held[Int(part.category.rawValue)] += part.bytes.count }
    let start = held.reduce(0, +)
    var sum = start
    var highest = start
    self.init(byCategory: held, bytes: Bytes(start), time: .zero, row: -1, leftOver: 0)
    var isHighest = false
    for change in changes {
      // What is held at a peak is noted when the climb ends.
      if isHighest, change.bytes < 0 {
        byCategory = held
        isHighest = false
      }
      held[Int(change.category.rawValue)] += change.bytes
      sum += change.bytes
      if sum > highest {
        highest = sum
        time = change.time
        row = change.row
        isHighest = true
      }
    }
    if isHighest { byCategory = held }
    bytes = Bytes(highest)
    leftOver = sum - start
  }
}
