import EventKernel
import Quantities

/// Runs programs in time order: each stream of each rank is an automaton that starts its next operation when its
/// predecessor, its waits, its message or its group allow.
///
/// This executor handles everything: shared links (`EventExecutor+Flows`), kernels and collectives that slow each other
/// down (`EventExecutor+Overlap`). Where there is neither it gives the same times as ``ReplayExecutor``.
///
/// - Complexity: O(rows log(ranks)); per simulated rank eight stream heads.
struct EventExecutor: ~Copyable, EventHandler {
  let tables: ExecutionTables
  let columns: ColumnPointers
  let perturbation: Perturbation
  /// What each stream of each rank runs or waits to run; shape `[ranks * StreamKind.count]`.
  let heads: FixedBuffer<Head>
  /// Streams of a rank that wait, one bit each; shape `[ranks]`.
  let waitingStreams: FixedBuffer<UInt16>
  private let groups: FixedBuffer<Gathering>
  /// Nanoseconds other members waited for each rank in each of its groups; shape `[ranks * groupSlotCount]`, empty unless
  /// links are shared.
  private let lateness: FixedBuffer<Int64>
  var network: SharedNetwork
  var overlap: Overlap
  /// Whether every operation takes its own duration: nothing is shared, slowed down or perturbed.
  let isPlain: Bool

  /// The operation a stream is at.
  struct Head: BitwiseCopyable {
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
    /// When the first member arrived.
    var since: Int64 = 0
  }

  private init(
    programs: ProgramSet, map: RankMap, perturbation: Perturbation, network plan: NetworkPlan,
    interference: Interference, columns: ColumnPointers
  ) {
    tables = ExecutionTables(programs: programs, map: map)
    self.columns = columns
    self.perturbation = perturbation
    heads = FixedBuffer(
      repeating: Head(step: -1, operation: -1), count: map.rankCount * StreamKind.count)
    waitingStreams = FixedBuffer(repeating: 0, count: map.rankCount)
    groups = FixedBuffer(repeating: Gathering(), count: map.groupSizes.count)
    lateness = FixedBuffer(repeating: 0, count: plan.isShared ? map.rankCount * map.groupSlotCount : 0)
    network = SharedNetwork(plan)
    overlap = Overlap(interference, rankCount: map.rankCount)
    isPlain = !plan.isShared && !perturbation.isActive && !interference.isActive
  }

  /// Runs everything.
  static func run(
    programs: ProgramSet, map: RankMap, perturbation: Perturbation, network: NetworkPlan = NetworkPlan(),
    interference: Interference = Interference()
  ) -> ExecutionRecord {
    var stuck: [(simulatedRank: Int, row: Int)] = []
    var eventCount = 0
    var report: NetworkReport?
    let columns = TimeColumns.recording(count: map.rowCount, initial: -1) { pointers in
      let executor = EventExecutor(
        programs: programs, map: map, perturbation: perturbation, network: network, interference: interference,
        columns: pointers)
      var loop = EventLoop(handler: executor, queueCapacity: 2 * map.rankCount)
      loop.handler.begin(queue: &loop.queue)
      loop.run()
      stuck = loop.handler.stuckRows()
      eventCount = loop.handledCount
      if network.isShared {
        let waits = loop.handler.waits(ofParties: network, map: map)
        report = loop.handler.network.report(at: loop.now.nanoseconds, waits: waits)
      }
    }
    return ExecutionRecord(columns: columns, stuck: stuck, eventCount: eventCount, network: report)
  }

  /// What the members of each party's groups waited for each other.
  private func waits(ofParties plan: NetworkPlan, map: RankMap) -> [PartyWait] {
    var waits = Array(repeating: PartyWait(), count: plan.parties.count)
    var most = Array(repeating: Int64(0), count: plan.parties.count)
    var partyOfGroup = Array(repeating: -1, count: map.groupSizes.count)
    for (party, group) in plan.groupOfParty.enumerated() where group >= 0 { partyOfGroup[Int(group)] = party }
    for place in map.groups.indices where map.groups[place] >= 0 {
      let party = partyOfGroup[Int(map.groups[place])]
      guard party >= 0 else { continue }
      waits[party].time += lateness[place]
      guard lateness[place] > most[party] else { continue }
      most[party] = lateness[place]
      waits[party].lastRank = map.globalRanks[place / map.groupSlotCount]
    }
    return waits
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
    if overlap.isActive { requestOverlapSettlement(now: 0, queue: &queue) }
  }

  /// An operation has ended: the stream goes on, and so may others of the rank.
  mutating func handle(_ event: Event, queue: inout EventQueue) {
    if !isPlain, event.payload >= Overlap.settlement { return handleSpecially(event, queue: &queue) }
    let rank = Int(event.payload) / StreamKind.count
    let stream = Int(event.payload) % StreamKind.count
    let now = event.time.nanoseconds
    if !isPlain, overlap.isActive, !endsNow(rank, stream, now: now) { return }
    moveOn(rank, stream)
    var others = waitingStreams[rank]
    tryStart(rank, stream, now: now, queue: &queue)
    while others != 0 {
      let other = others.trailingZeroBitCount
      others &= others - 1
      tryStart(rank, other, now: now, queue: &queue)
    }
    if !isPlain, overlap.isActive { requestOverlapSettlement(now: now, queue: &queue) }
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
    let bit = UInt16(1) << UInt16(stream)
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
  func start(_ row: Int, _ slot: Int, from begin: Int64, to end: Int64, queue: inout EventQueue) {
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

  mutating func wakeReceiver(_ receiver: Int, now: Int64, queue: inout EventQueue) {
    let stream = Int(StreamKind.pipelineReceive.rawValue)
    guard waitingStreams[receiver] & (1 << UInt16(stream)) != 0 else { return }
    tryStart(receiver, stream, now: now, queue: &queue)
  }

  /// A stream reaches a group; the last one starts the operation on all members.
  private mutating func arrive(_ slot: Int, group: Int, now: Int64, queue: inout EventQueue) {
    if groups[group].arrived == 0 { groups[group].since = now }
    heads[slot].nextInGroup = groups[group].firstWaiting
    groups[group].firstWaiting = Int32(truncatingIfNeeded: slot)
    groups[group].arrived += 1
    guard groups[group].arrived == tables.groupSizes[group] else { return }
    let first = groups[group].firstWaiting
    if network.isShared { bookLateness(slot, since: groups[group].since, now: now) }
    groups[group] = Gathering()
    if !isPlain, startJoined(Int(first), now: now, queue: &queue) { return }
    var member = first
    while member >= 0 {
      let slot = Int(member)
      let rank = slot / StreamKind.count
      let head = heads[slot]
      let operation = tables.operations[operationIndex(ofSlot: slot)]
      heads[slot].hasArrived = false
      waitingStreams[rank] &= ~(1 << UInt16(slot % StreamKind.count))
      start(row(ofSlot: slot), slot, from: now, to: now + operation.duration, queue: &queue)
      member = head.nextInGroup
    }
  }

  /// Notes how long a group waited for the member that has arrived last.
  @inline(never)
  private func bookLateness(_ slot: Int, since: Int64, now: Int64) {
    let link = Int(tables.operations[operationIndex(ofSlot: slot)].link)
    let place = slot / StreamKind.count * tables.groupSlotCount + link
    lateness[place] += now - since
  }

  // MARK: Places

  /// The operation a stream is at, in the program set.
  func operationIndex(ofSlot slot: Int) -> Int {
    let head = heads[slot]
    return Int(tables.templates[Int(tables.steps[Int(head.step)].template) * 2]) + Int(head.operation)
  }

  /// The row of the operation a stream is at.
  func row(ofSlot slot: Int) -> Int {
    let head = heads[slot]
    return tables.firstRows[slot / StreamKind.count] + Int(tables.steps[Int(head.step)].firstRow + head.operation)
  }
}
