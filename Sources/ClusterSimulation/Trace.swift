import Quantities

/// One task of a trace, with everything known about it.
public struct TraceTask: Hashable, Sendable {
  /// Row in the trace.
  public var row: Int
  /// Global rank (the class's representative when ranks are folded).
  public var rank: Int
  /// Stream it ran on.
  public var stream: StreamKind
  /// When it started to work; waiting is not part of a task.
  public var start: SimTime
  /// When it ended.
  public var end: SimTime
  /// What it is.
  public var info: OperationInfo
  /// Micro-batch, or -1.
  public var microBatch: Int
  /// Other end of a message as a global rank, or -1.
  public var peer: Int
}

/// Everything that happened, by column: programs, ranks and two times per task.
public struct Trace: Hashable, Sendable {
  /// What the ranks ran.
  public let programs: ProgramSet
  /// Which ranks there are.
  public let map: RankMap
  /// When each task ran.
  public let columns: TimeColumns

  /// Puts the parts together.
  public init(programs: ProgramSet, map: RankMap, columns: TimeColumns) {
    self.programs = programs
    self.map = map
    self.columns = columns
  }

  /// Tasks.
  public var taskCount: Int { columns.count }

  /// The end of the last task.
  public var iterationTime: SimDuration { SimDuration(nanoseconds: columns.ends.max() ?? 0) }

  /// A 64-bit digest of the order and times of all tasks, as sixteen hexadecimal digits.
  ///
  /// Starts and ends of even and odd rows are four hashes of their own, mixed at the end: four chains of
  /// multiplications run side by side.
  public var fingerprint: String {
    var (evenStarts, oddStarts, evenEnds, oddEnds) = (StableHash(), StableHash(), StableHash(), StableHash())
    for row in stride(from: 0, to: columns.count - 1, by: 2) {
      evenStarts.combine(UInt64(bitPattern: columns.starts[row]))
      oddStarts.combine(UInt64(bitPattern: columns.starts[row + 1]))
      evenEnds.combine(UInt64(bitPattern: columns.ends[row]))
      oddEnds.combine(UInt64(bitPattern: columns.ends[row + 1]))
    }
    if columns.count % 2 == 1 {
      evenStarts.combine(UInt64(bitPattern: columns.starts[columns.count - 1]))
      evenEnds.combine(UInt64(bitPattern: columns.ends[columns.count - 1]))
    }
    var hash = StableHash()
    for lane in [evenStarts, oddStarts, evenEnds, oddEnds] { hash.combine(lane.value) }
    hash.combine(UInt64(columns.count))
    return hash.hexadecimal
  }

  /// Visits the tasks of a simulated rank in program order.
  ///
  /// - Throws: What `body` throws.
  public func forEachTask<Failure: Error>(
    ofSimulatedRank rank: Int, _ body: (TraceTask) throws(Failure) -> Void
  ) throws(Failure) {
    let program = Int(map.programs[rank])
    let base = map.firstRows[rank]
    for step in programs.steps[programs.stepRange(ofProgram: program)] {
      let first = base + Int(step.firstRow)
      for (offset, index) in programs.operationRange(ofTemplate: Int(step.template)).enumerated() {
        try body(task(row: first + offset, operation: index, step: step, simulatedRank: rank))
      }
    }
  }

  /// The task of a row.
  public func task(row: Int) -> TraceTask {
    var rank = 0
    var end = map.rankCount
    while end - rank > 1 {
      let middle = (rank + end) / 2
      if map.firstRows[middle] <= row { rank = middle } else { end = middle }
    }
    let (step, operation) = programs.locate(
      row: row - map.firstRows[rank], inProgram: Int(map.programs[rank]))
    return task(row: row, operation: operation, step: step, simulatedRank: rank)
  }

  private func task(row: Int, operation index: Int, step: ProgramStep, simulatedRank rank: Int) -> TraceTask {
    let operation = programs.operations[index]
    return TraceTask(
      row: row, rank: map.globalRanks[rank], stream: StreamKind(rawValue: operation.stream) ?? .compute,
      start: SimTime(nanoseconds: columns.starts[row]), end: SimTime(nanoseconds: columns.ends[row]),
      info: programs.infos[index], microBatch: Int(step.microBatch), peer: peer(of: operation, simulatedRank: rank))
  }

  /// Global rank at the other end of a message, or -1.
  private func peer(of operation: Operation, simulatedRank rank: Int) -> Int {
    let slot: Int32
    switch operation.role {
    case .send: slot = operation.link
    case .receive: slot = programs.channels[Int(operation.link)].peerSlot
    case .local, .join: return -1
    }
    let peer = map.peers[rank * map.peerSlotCount + Int(slot)]
    return peer >= 0 ? map.globalRanks[Int(peer)] : -1
  }

  /// The row of the send that a receive waited for, or `nil` for any other task.
  public func sendRow(ofReceive task: TraceTask, simulatedRank rank: Int) -> Int? {
    let (_, index) = programs.locate(
      row: task.row - map.firstRows[rank], inProgram: Int(map.programs[rank]))
    let operation = programs.operations[index]
    guard operation.role == .receive else { return nil }
    let channel = programs.channels[Int(operation.link)]
    let sender = Int(map.peers[rank * map.peerSlotCount + Int(channel.peerSlot)])
    return map.firstRows[sender] + Int(programs.sendRows[Int(channel.firstSendRow) + task.microBatch])
  }
}
