/// Replays programs without a queue, for runs in which nothing is shared: every start is the maximum of known ends.
///
/// Each rank runs in program order until it needs a message or a group that is not there yet; then another rank runs.
/// The result does not depend on the order in which ranks are taken, because a start is a maximum.
///
/// - Complexity: O(rows + waits); per simulated rank eight stream times and a cursor.
struct ReplayExecutor: ~Copyable {
  private let tables: ExecutionTables
  private let columns: ColumnPointers
  /// End of the last operation of each stream of each rank; shape `[ranks * StreamKind.count]`.
  private let streamEnds: FixedBuffer<Int64>
  private let cursors: FixedBuffer<Cursor>
  private let groups: FixedBuffer<Gathering>
  /// Ranks that can go on.
  private var ready: [Int32]

  /// Where a rank stands.
  private struct Cursor: BitwiseCopyable {
    var step: Int32
    var operation: Int32 = 0
    /// Rows written when the rank last stopped.
    var rowsDone: Int32 = 0
    /// Whether the rank waits for a message.
    var awaitsMessage = false
    /// Next rank that waits in the same group.
    var nextInGroup: Int32 = -1
    /// Start granted by the group the rank waited in, or -1.
    var grantedStart: Int64 = -1
  }

  /// One gathering of a group.
  private struct Gathering: BitwiseCopyable {
    var arrived: Int32 = 0
    var firstWaiting: Int32 = -1
    var start: Int64 = 0
  }

  private init(programs: ProgramSet, map: RankMap, columns: ColumnPointers) {
    tables = ExecutionTables(programs: programs, map: map)
    self.columns = columns
    streamEnds = FixedBuffer(repeating: 0, count: map.rankCount * StreamKind.count)
    cursors = FixedBuffer(map.programs.map { Cursor(step: programs.programs[Int($0)].firstStep) })
    groups = FixedBuffer(repeating: Gathering(), count: map.groupSizes.count)
    ready = (0..<Int32(map.rankCount)).reversed()
  }

  /// Runs everything.
  static func run(programs: ProgramSet, map: RankMap) -> ExecutionRecord {
    var stuck: [(simulatedRank: Int, row: Int)] = []
    let columns = TimeColumns.recording(count: map.rowCount, initial: nil) { pointers in
      var executor = ReplayExecutor(programs: programs, map: map, columns: pointers)
      while let rank = executor.ready.popLast() { executor.advance(Int(rank)) }
      stuck = executor.stuckRows()
      for (rank, row) in stuck { pointers.markUnfinished(row..<map.firstRows[rank + 1]) }
    }
    return ExecutionRecord(columns: columns, stuck: stuck, eventCount: map.rowCount)
  }

  private func stuckRows() -> [(simulatedRank: Int, row: Int)] {
    (0..<tables.rankCount).filter { cursors[$0].step < tables.stepBounds[$0 * 2 + 1] }.map {
      ($0, tables.firstRows[$0] + Int(cursors[$0].rowsDone))
    }
  }

  /// Runs a rank until it finishes or must wait.
  private mutating func advance(_ rank: Int) {
    let lastStep = tables.stepBounds[rank * 2 + 1]
    var cursor = cursors[rank]
    cursor.awaitsMessage = false
    while cursor.step < lastStep {
      guard runStep(rank, &cursor) else { return }
      cursor.operation = 0
      cursor.step += 1
    }
    cursor.rowsDone = Int32(truncatingIfNeeded: tables.firstRows[rank + 1] - tables.firstRows[rank])
    cursors[rank] = cursor
  }

  /// Runs the rest of one step; `false` when the rank must wait, with the place kept in its cursor.
  @inline(__always)
  private mutating func runStep(_ rank: Int, _ cursor: inout Cursor) -> Bool {
    let step = tables.steps[Int(cursor.step)]
    let stepRow = tables.firstRows[rank] + Int(step.firstRow)
    let first = Int(tables.templates[Int(step.template) * 2])
    let count = Int(tables.templates[Int(step.template) * 2 + 1])
    let streams = rank * StreamKind.count
    var index = Int(cursor.operation)
    while index < count {
      let operation = tables.operations[first + index]
      let stream = streams + Int(operation.stream)
      var start = streamEnds[stream]
      var wait = Int(operation.firstWait)
      let lastWait = wait + Int(operation.waitCount)
      while wait < lastWait {
        let code = Int(tables.waits[wait])
        start = max(start, code >= 0 ? columns.ends[stepRow + code] : streamEnds[streams - 1 - code])
        wait += 1
      }
      var end = start + operation.duration
      if operation.role != .local {
        cursor.operation = Int32(truncatingIfNeeded: index)
        cursor.rowsDone = step.firstRow + cursor.operation
        guard let span = meet(operation, rank, step.microBatch, &cursor, ready: start) else { return false }
        (start, end) = span
      }
      columns.starts[stepRow + index] = start
      columns.ends[stepRow + index] = end
      streamEnds[stream] = end
      index += 1
    }
    return true
  }

  /// When an operation that meets other ranks runs; `nil` when the rank must wait for them.
  private mutating func meet(
    _ operation: Operation, _ rank: Int, _ microBatch: Int32, _ cursor: inout Cursor, ready time: Int64
  ) -> (start: Int64, end: Int64)? {
    switch operation.role {
    case .local: return (time, time + operation.duration)
    case .send:
      wakeReceiver(tables.peer(of: rank, slot: operation.link))
      return (time, time + operation.duration)
    case .receive:
      let (sender, offset) = tables.send(channel: operation.link, rank: rank, microBatch: microBatch)
      guard offset >= 0, offset < cursors[sender].rowsDone else {
        cursor.awaitsMessage = true
        cursors[rank] = cursor
        return nil
      }
      let sent = tables.firstRows[sender] + Int(offset)
      return (max(time, columns.starts[sent]), max(time, columns.ends[sent]))
    case .join:
      if cursor.grantedStart < 0 {
        cursors[rank] = cursor
        guard let start = arrive(rank, slot: operation.link, at: time) else { return nil }
        return (start, start + operation.duration)
      }
      let start = cursor.grantedStart
      cursor.grantedStart = -1
      return (start, start + operation.duration)
    }
  }

  private mutating func wakeReceiver(_ receiver: Int) {
    guard cursors[receiver].awaitsMessage else { return }
    cursors[receiver].awaitsMessage = false
    ready.append(Int32(receiver))
  }

  /// A rank reaches a group; the last one starts it and frees the others.
  ///
  /// - Returns: The common start when this rank was the last, else `nil`.
  private mutating func arrive(_ rank: Int, slot: Int32, at time: Int64) -> Int64? {
    let group = tables.group(of: rank, slot: slot)
    var gathering = groups[group]
    gathering.start = max(gathering.start, time)
    gathering.arrived += 1
    guard gathering.arrived == tables.groupSizes[group] else {
      cursors[rank].nextInGroup = gathering.firstWaiting
      gathering.firstWaiting = Int32(rank)
      groups[group] = gathering
      return nil
    }
    var waiting = gathering.firstWaiting
    while waiting >= 0 {
      cursors[Int(waiting)].grantedStart = gathering.start
      ready.append(waiting)
      waiting = cursors[Int(waiting)].nextInGroup
    }
    groups[group] = Gathering()
    return gathering.start
  }
}
