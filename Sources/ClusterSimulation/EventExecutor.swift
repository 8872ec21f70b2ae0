import EventKernel
import Quantities

/// Runs programs in time order: each stream of each rank is an automaton that starts its next operation when its
/// predecessor, its waits, its message or its group allow.
///
/// This executor handles everything; where nothing is shared it gives the same times as ``ReplayExecutor``.
///
/// - Complexity: O(rows log(ranks)); per simulated rank eight stream heads.
struct EventExecutor: ~Copyable, EventHandler {
  private let tables: ExecutionTables
  private let columns: ColumnPointers
  private let perturbation: Perturbation
  /// What each stream of each rank runs or waits to run; shape `[ranks * StreamKind.count]`.
  private let heads: FixedBuffer<Head>
  /// Streams of a rank that wait, one bit each; shape `[ranks]`.
  private let waitingStreams: FixedBuffer<UInt8>
  private let groups: FixedBuffer<Gathering>
  private var network: SharedNetwork
  /// Whether every operation takes its own duration: nothing is shared and nothing perturbed.
  private let isPlain: Bool

  /// The operation a stream is at.
  private struct Head: BitwiseCopyable {
    /// Step within the program; at the end of the program `Int32.max`.
    var step: Int32
    var operation: Int32
    /// Next stream that waits in the same group, as `rank * StreamKind.count + stream`.
    var nextInGroup: Int32 = -1
    /// Whether the stream has arrived at its group already.
    var hasArrived = false
  }

  /// One gathering of a group.
  private struct Gathering: BitwiseCopyable {
    var arrived: Int32 = 0
    var firstWaiting: Int32 = -1
  }

  private init(
    programs: ProgramSet, map: RankMap, perturbation: Perturbation, network plan: NetworkPlan, columns: ColumnPointers
  ) {
    tables = ExecutionTables(programs: programs, map: map)
    self.columns = columns
    self.perturbation = perturbation
    heads = FixedBuffer(
      repeating: Head(step: -1, operation: -1), count: map.rankCount * StreamKind.count)
    waitingStreams = FixedBuffer(repeating: 0, count: map.rankCount)
    groups = FixedBuffer(repeating: Gathering(), count: map.groupSizes.count)
    network = SharedNetwork(plan)
    isPlain = !plan.isShared && !perturbation.isActive
  }

  /// Runs everything.
  static func run(
    programs: ProgramSet, map: RankMap, perturbation: Perturbation, network: NetworkPlan = NetworkPlan()
  ) -> ExecutionRecord {
    var stuck: [(simulatedRank: Int, row: Int)] = []
    var eventCount = 0
    let columns = TimeColumns.recording(count: map.rowCount, initial: -1) { pointers in
      let executor = EventExecutor(
        programs: programs, map: map, perturbation: perturbation, network: network, columns: pointers)
      var loop = EventLoop(handler: executor, queueCapacity: 2 * map.rankCount)
      loop.handler.begin(queue: &loop.queue)
      loop.run()
      stuck = loop.handler.stuckRows()
      eventCount = loop.handledCount
    }
    return ExecutionRecord(columns: columns, stuck: stuck, eventCount: eventCount)
  }

  /// Brings every stream to its first operation and starts those that can start.
  private mutating func begin(queue: inout EventQueue) {
    for rank in 0..<tables.rankCount {
      for stream in 0..<StreamKind.count {
        heads[rank * StreamKind.count + stream].step = tables.stepBounds[rank * 2] - 1
        moveToNextStep(rank, stream)
      }
    }
    for rank in 0..<tables.rankCount {
      for stream in 0..<StreamKind.count { tryStart(rank, stream, now: 0, queue: &queue) }
    }
  }

  /// An operation has ended: the stream goes on, and so may others of the rank.
  mutating func handle(_ event: Event, queue: inout EventQueue) {
    if !isPlain, event.payload >= SharedNetwork.wake { return handleNetwork(event, queue: &queue) }
    let rank = Int(event.payload) / StreamKind.count
    let stream = Int(event.payload) % StreamKind.count
    let now = event.time.nanoseconds
    moveOn(rank, stream)
    var others = waitingStreams[rank]
    tryStart(rank, stream, now: now, queue: &queue)
    while others != 0 {
      let other = others.trailingZeroBitCount
      others &= others - 1
      tryStart(rank, other, now: now, queue: &queue)
    }
  }

  /// Rows at which streams are stuck, the first of each rank; empty after a complete run.
  private func stuckRows() -> [(simulatedRank: Int, row: Int)] {
    var stuck: [(simulatedRank: Int, row: Int)] = []
    for rank in 0..<tables.rankCount {
      var first = Int.max
      for stream in 0..<StreamKind.count {
        let head = heads[rank * StreamKind.count + stream]
        guard head.step != Int32.max else { continue }
        first = min(first, tables.firstRows[rank] + Int(tables.steps[Int(head.step)].firstRow + head.operation))
      }
      if first != Int.max { stuck.append((rank, first)) }
    }
    return stuck
  }

  // MARK: Streams

  @inline(__always)
  private mutating func moveOn(_ rank: Int, _ stream: Int) {
    let slot = rank * StreamKind.count + stream
    let head = heads[slot]
    let first = Int(tables.templates[Int(tables.steps[Int(head.step)].template) * 2])
    let next = tables.operations[first + Int(head.operation)].nextOnStream
    if next >= 0 { heads[slot].operation = next } else { moveToNextStep(rank, stream) }
  }

  private mutating func moveToNextStep(_ rank: Int, _ stream: Int) {
    let slot = rank * StreamKind.count + stream
    let lastStep = tables.stepBounds[rank * 2 + 1]
    var step = heads[slot].step + 1
    while step < lastStep {
      let first = tables.firstOnStream[Int(tables.steps[Int(step)].template) * StreamKind.count + stream]
      if first >= 0 {
        heads[slot].step = step
        heads[slot].operation = first
        return
      }
      step += 1
    }
    heads[slot].step = Int32.max
  }

  /// Starts a stream's next operation if everything it waits for has ended; marks the stream as waiting if not.
  @inline(__always)
  private mutating func tryStart(_ rank: Int, _ stream: Int, now: Int64, queue: inout EventQueue) {
    let slot = rank * StreamKind.count + stream
    let head = heads[slot]
    let bit = UInt8(1) << UInt8(stream)
    guard head.step != Int32.max else { return }
    let step = tables.steps[Int(head.step)]
    let operation = tables.operations[Int(tables.templates[Int(step.template) * 2]) + Int(head.operation)]
    guard waitsAreOver(operation, head, rank, template: Int(step.template)) else {
      waitingStreams[rank] |= bit
      return
    }
    let row = tables.firstRows[rank] + Int(step.firstRow + head.operation)
    if !isPlain, startSpecially(operation, rank, slot, row: row, now: now, queue: &queue) { return }
    switch operation.role {
    case .local:
      waitingStreams[rank] &= ~bit
      start(row, slot, from: now, to: now + operation.duration, queue: &queue)
    case .send:
      waitingStreams[rank] &= ~bit
      start(row, slot, from: now, to: now + operation.duration, queue: &queue)
      wakeReceiver(tables.peer(of: rank, slot: operation.link), now: now, queue: &queue)
    case .receive:
      let sent = tables.sendRow(channel: operation.link, rank: rank, microBatch: step.microBatch)
      guard columns.ends[sent] >= 0 else {
        waitingStreams[rank] |= bit
        if columns.starts[row] < 0 { columns.starts[row] = now }
        return
      }
      waitingStreams[rank] &= ~bit
      let posted = columns.starts[row] < 0 ? now : columns.starts[row]
      start(
        row, slot, from: max(posted, columns.starts[sent]), to: max(posted, columns.ends[sent]), queue: &queue)
    case .join:
      waitingStreams[rank] |= bit
      guard !head.hasArrived else { return }
      heads[slot].hasArrived = true
      arrive(slot, group: tables.group(of: rank, slot: operation.link), now: now, queue: &queue)
    }
  }

  @inline(__always)
  private func start(_ row: Int, _ slot: Int, from begin: Int64, to end: Int64, queue: inout EventQueue) {
    columns.starts[row] = begin
    columns.ends[row] = end
    queue.schedule(
      at: SimTime(nanoseconds: end), phase: .completion, payload: UInt32(truncatingIfNeeded: slot))
  }

  @inline(__always)
  private func waitsAreOver(_ operation: Operation, _ head: Head, _ rank: Int, template: Int) -> Bool {
    var wait = Int(operation.firstWait)
    let lastWait = wait + Int(operation.waitCount)
    let first = Int(tables.templates[template * 2])
    while wait < lastWait {
      let code = Int(tables.waits[wait])
      if code >= 0 {
        let other = heads[rank * StreamKind.count + Int(tables.operations[first + code].stream)]
        if other.step < head.step || (other.step == head.step && Int(other.operation) <= code) { return false }
      } else if heads[rank * StreamKind.count - 1 - code].step < head.step {
        return false
      }
      wait += 1
    }
    return true
  }

  // MARK: Other ranks

  private mutating func wakeReceiver(_ receiver: Int, now: Int64, queue: inout EventQueue) {
    let stream = Int(StreamKind.pipelineReceive.rawValue)
    guard waitingStreams[receiver] & (1 << UInt8(stream)) != 0 else { return }
    tryStart(receiver, stream, now: now, queue: &queue)
  }

  /// A stream reaches a group; the last one starts the operation on all members.
  private mutating func arrive(_ slot: Int, group: Int, now: Int64, queue: inout EventQueue) {
    heads[slot].nextInGroup = groups[group].firstWaiting
    groups[group].firstWaiting = Int32(truncatingIfNeeded: slot)
    groups[group].arrived += 1
    guard groups[group].arrived == tables.groupSizes[group] else { return }
    let first = groups[group].firstWaiting
    groups[group] = Gathering()
    if !isPlain, network.isFlow(operationIndex(ofSlot: Int(first))) {
      return startJoinedFlow(Int(first), now: now, queue: &queue)
    }
    var member = first
    while member >= 0 {
      let slot = Int(member)
      let rank = slot / StreamKind.count
      let head = heads[slot]
      let operation = tables.operations[operationIndex(ofSlot: slot)]
      heads[slot].hasArrived = false
      waitingStreams[rank] &= ~(1 << UInt8(slot % StreamKind.count))
      start(row(ofSlot: slot), slot, from: now, to: now + operation.duration, queue: &queue)
      member = head.nextInGroup
    }
  }

  // MARK: Flows

  /// The operation a stream is at, in the program set.
  private func operationIndex(ofSlot slot: Int) -> Int {
    let head = heads[slot]
    return Int(tables.templates[Int(tables.steps[Int(head.step)].template) * 2]) + Int(head.operation)
  }

  /// The row of the operation a stream is at.
  private func row(ofSlot slot: Int) -> Int {
    let head = heads[slot]
    return tables.firstRows[slot / StreamKind.count] + Int(tables.steps[Int(head.step)].firstRow + head.operation)
  }

  /// Starts an operation that is a flow, or a kernel whose time departs from the program's; `false` for any other.
  @inline(never)
  private mutating func startSpecially(
    _ operation: Operation, _ rank: Int, _ slot: Int, row: Int, now: Int64, queue: inout EventQueue
  ) -> Bool {
    guard operation.role == .local || operation.role == .send else { return false }
    let bit = UInt8(1) << UInt8(slot % StreamKind.count)
    if network.isFlow(operationIndex(ofSlot: slot)) {
      waitingStreams[rank] &= ~bit
      startFlow(rank, slot, row: row, now: now, queue: &queue)
      return true
    }
    guard perturbation.isActive, operation.stream == StreamKind.compute.rawValue else { return false }
    waitingStreams[rank] &= ~bit
    let end = perturbation.end(rank: rank, row: row, start: now, duration: operation.duration)
    start(row, slot, from: now, to: end, queue: &queue)
    return true
  }

  /// Starts the flow of a message or of a collective that one simulated rank stands for.
  @inline(never)
  private mutating func startFlow(_ rank: Int, _ slot: Int, row: Int, now: Int64, queue: inout EventQueue) {
    columns.starts[row] = now
    heads[slot].nextInGroup = -1
    network.start(operation: operationIndex(ofSlot: slot), rank: rank, slot: slot, now: now, queue: &queue)
  }

  /// Starts the one flow of a collective all members have reached.
  @inline(never)
  private mutating func startJoinedFlow(_ first: Int, now: Int64, queue: inout EventQueue) {
    var slot = first
    while slot >= 0 {
      heads[slot].hasArrived = false
      waitingStreams[slot / StreamKind.count] &= ~(1 << UInt8(slot % StreamKind.count))
      columns.starts[row(ofSlot: slot)] = now
      slot = Int(heads[slot].nextInGroup)
    }
    network.start(
      operation: operationIndex(ofSlot: first), rank: first / StreamKind.count, slot: first, now: now, queue: &queue)
  }

  /// Rates are due, or flows have ended: the operations that waited for them end.
  @inline(never)
  private mutating func handleNetwork(_ event: Event, queue: inout EventQueue) {
    let now = event.time.nanoseconds
    if event.payload == SharedNetwork.settlement { return network.settle(now: now, queue: &queue) }
    while let ended = network.endNext(now: now, queue: &queue) {
      var slot = ended.firstSlot
      while slot >= 0 {
        let operation = tables.operations[operationIndex(ofSlot: slot)]
        columns.ends[row(ofSlot: slot)] = ended.end
        queue.schedule(
          at: SimTime(nanoseconds: ended.end), phase: .completion, payload: UInt32(truncatingIfNeeded: slot))
        if operation.role == .send {
          wakeReceiver(
            tables.peer(of: slot / StreamKind.count, slot: operation.link), now: now, queue: &queue)
        }
        slot = Int(heads[slot].nextInGroup)
      }
    }
  }
}
