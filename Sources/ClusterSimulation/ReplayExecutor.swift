/// Replays programs without a queue, for runs in which nothing is shared: every start is the maximum of known ends.
///
/// Each rank runs in program order until it needs a message or a group that is not there yet; then another rank runs.
/// The result does not depend on the order in which ranks are taken, because a start is a maximum.
///
/// - Complexity: O(rows + waits); per simulated rank eight stream times and a cursor.
struct ReplayExecutor: ~Copyable {
  private let tables: ExecutionTables
  private let columns: ColumnPointers
  private let perturbation: Perturbation
  /// End of the last operation of each stream of each rank; shape `[ranks * StreamKind.count]`.
  private let streamEnds: FixedBuffer<Int64>
  private let cursors: FixedBuffer<Cursor>
  private let groups: FixedBuffer<Gathering>
  /// Ranks that can go on, each at most once; the first ``readyCount`` count.
  private let ready: FixedBuffer<Int32>
  private var readyCount: Int

  /// Where a rank stopped.
  private struct Cursor: BitwiseCopyable {
    var step: Int32
    var operation: Int32 = 0
    /// Rows of the rank written so far.
    var rowsDone: Int32 = 0
    /// Next rank that waits in the same group.
    var nextInGroup: Int32 = -1
    /// Whether the rank waits for a message.
    var awaitsMessage = false
  }

  /// One gathering of a group.
  private struct Gathering: BitwiseCopyable {
    var arrived: Int32 = 0
    var firstWaiting: Int32 = -1
    var start: Int64 = 0
  }

  private init(programs: ProgramSet, map: RankMap, perturbation: Perturbation, columns: ColumnPointers) {
    tables = ExecutionTables(programs: programs, map: map)
    self.columns = columns
    self.perturbation = perturbation
    streamEnds = FixedBuffer(repeating: 0, count: map.rankCount * StreamKind.count)
    cursors = FixedBuffer(map.programs.map { Cursor(step: programs.programs[Int($0)].firstStep) })
    groups = FixedBuffer(repeating: Gathering(), count: map.groupSizes.count)
    ready = FixedBuffer((0..<Int32(map.rankCount)).reversed())
    readyCount = map.rankCount
  }

  /// Runs everything.
  static func run(programs: ProgramSet, map: RankMap, perturbation: Perturbation) -> ExecutionRecord {
    var stuck: [(simulatedRank: Int, row: Int)] = []
    let columns = TimeColumns.recording(count: map.rowCount, initial: nil) { pointers in
      var executor = ReplayExecutor(
        programs: programs, map: map, perturbation: perturbation, columns: pointers)
      executor.run()
      stuck = executor.stuckRows()
      for (rank, row) in stuck { pointers.markUnfinished(row..<map.firstRows[rank + 1]) }
    }
    return ExecutionRecord(columns: columns, stuck: stuck, eventCount: map.rowCount)
  }

  private mutating func run() {
    while readyCount > 0 {
      readyCount -= 1
      advance(Int(ready[readyCount]))
    }
  }

  private func stuckRows() -> [(simulatedRank: Int, row: Int)] {
    (0..<tables.rankCount).filter { cursors[$0].step < tables.stepBounds[$0 * 2 + 1] }.map {
      ($0, tables.firstRows[$0] + Int(cursors[$0].rowsDone))
    }
  }

  /// Runs a rank until it finishes or must wait.
  private mutating func advance(_ rank: Int) {
    let lastStep = tables.stepBounds[rank * 2 + 1]
    var step = cursors[rank].step
    var operation = cursors[rank].operation
    while step < lastStep {
      guard runStep(step, of: rank, from: operation) else { return }
      operation = 0
      step += 1
    }
    let rows = tables.firstRows[rank + 1] - tables.firstRows[rank]
    cursors[rank] = Cursor(step: lastStep, rowsDone: Int32(truncatingIfNeeded: rows))
  }

  /// Runs the rest of one step; `false` when the rank must wait, with the place kept in its cursor.
  @inline(__always)
  private mutating func runStep(_ number: Int32, of rank: Int, from firstIndex: Int32) -> Bool {
    let step = tables.steps[Int(number)]
    let stepRow = tables.firstRows[rank] + Int(step.firstRow)
    let operations = tables.operations.view(from: Int(tables.templates[Int(step.template) * 2]))
    let count = Int(tables.templates[Int(step.template) * 2 + 1])
    let (waits, streams) = (tables.waits.view(from: 0), streamEnds.view(from: rank * StreamKind.count))
    let (starts, ends) = (columns.starts(from: stepRow), columns.ends(from: stepRow))
    let isPerturbed = perturbation.isActive
    for index in Int(firstIndex)..<max(count, Int(firstIndex)) {
      let operation = operations[index]
      var start = streams[Int(operation.stream)]
      let wait = Int(operation.firstWait)
      for wait in wait..<wait &+ Int(operation.waitCount) {
        let code = Int(waits[wait])
        start = max(start, code >= 0 ? ends[code] : streams[~code])
      }
      var end = start + operation.duration
      if operation.role != .local {
        let place = Cursor(step: number, operation: Int32(index), rowsDone: step.firstRow + Int32(index))
        guard let span = meet(operation, rank, step.microBatch, place, ready: start) else { return false }
        (start, end) = span
      } else if isPerturbed, operation.stream == StreamKind.compute.rawValue {
        end = perturbation.end(rank: rank, row: stepRow + index, start: start, duration: operation.duration)
      }
      starts[index] = start
      ends[index] = end
      streams[Int(operation.stream)] = end
    }
    return true
  }

  /// When an operation that meets other ranks runs; `nil` when the rank must wait for them.
  @inline(__always)
  private mutating func meet(
    _ operation: Operation, _ rank: Int, _ microBatch: Int32, _ place: Cursor, ready time: Int64
  ) -> (start: Int64, end: Int64)? {
    switch operation.role {
    case .local: return (time, time + operation.duration)
    case .send:
      wakeReceiver(tables.peer(of: rank, slot: operation.link))
      return (time, time + operation.duration)
    case .receive:
      let (sender, offset) = tables.send(channel: operation.link, rank: rank, microBatch: microBatch)
      guard offset >= 0, offset < cursors[sender].rowsDone else {
        cursors[rank] = place
        cursors[rank].awaitsMessage = true
        return nil
      }
      let sent = tables.firstRows[sender] + Int(offset)
      return (max(time, columns.starts[sent]), max(time, columns.ends[sent]))
    case .join:
      let group = tables.group(of: rank, slot: operation.link)
      let start = max(groups[group].start, time)
      guard groups[group].arrived + 1 == tables.groupSizes[group] else {
        cursors[rank] = place
        wait(rank, in: group, start: start)
        return nil
      }
      release(group, from: start)
      return (start, start + operation.duration)
    }
  }

  private mutating func wakeReceiver(_ receiver: Int) {
    guard cursors[receiver].awaitsMessage else { return }
    cursors[receiver].awaitsMessage = false
    makeReady(Int32(truncatingIfNeeded: receiver))
  }

  @inline(__always)
  private mutating func makeReady(_ rank: Int32) {
    ready[readyCount] = rank
    readyCount += 1
  }

  // MARK: Groups

  /// A rank has stopped at a join and waits for the others.
  private func wait(_ rank: Int, in group: Int, start: Int64) {
    let gathering = groups[group]
    cursors[rank].nextInGroup = gathering.firstWaiting
    groups[group] = Gathering(
      arrived: gathering.arrived + 1, firstWaiting: Int32(truncatingIfNeeded: rank), start: start)
  }

  /// The last rank is there: all others run their join and can go on after it.
  private mutating func release(_ group: Int, from start: Int64) {
    var waiting = groups[group].firstWaiting
    groups[group] = Gathering()
    while waiting >= 0 {
      let rank = Int(waiting)
      var cursor = cursors[rank]
      let template = tables.steps[Int(cursor.step)].template
      let operation = tables.operations[Int(tables.templates[Int(template) * 2]) + Int(cursor.operation)]
      let row = tables.firstRows[rank] + Int(cursor.rowsDone)
      columns.starts[row] = start
      columns.ends[row] = start + operation.duration
      streamEnds[rank * StreamKind.count + Int(operation.stream)] = start + operation.duration
      makeReady(waiting)
      waiting = cursor.nextInGroup
      cursor.operation += 1
      cursor.rowsDone += 1
      cursors[rank] = cursor
    }
  }
}
