import EventKernel
import Quantities

/// Collectives and messages that are flows on shared links, and kernels that do not take the program's time.
extension EventExecutor {
  /// Starts an operation that is a flow, may be slowed down, or departs from the program's time; `false` for any other.
  @inline(never)
  mutating func startSpecially(
    _ operation: Operation, _ rank: Int, _ slot: Int, row: Int, now: Int64, queue: inout EventQueue
  ) -> Bool {
    guard operation.role == .local || operation.role == .send else { return false }
    let stream = Int(operation.stream)
    let bit = UInt16(1) << UInt16(operation.stream)
    let isFlow = network.isFlow(operationIndex(ofSlot: slot))
    if isFlow || (overlap.isActive && operation.role == .local && Interference.isCollective(stream: stream)) {
      waitingStreams[rank] &= ~bit
      columns.starts[row] = now
      heads[slot].nextInGroup = -1
      let flow = isFlow ? startFlow(slot, now: now, queue: &queue) : -1
      if overlap.isActive, Interference.isCollective(stream: stream) {
        startTransfer(slot, flow: flow, duration: operation.duration, now: now)
      }
      return true
    }
    guard operation.stream == StreamKind.compute.rawValue, overlap.isActive || perturbation.isActive else {
      return false
    }
    waitingStreams[rank] &= ~bit
    var end = now + operation.duration
    if perturbation.isActive {
      end = perturbation.end(rank: rank, row: row, start: now, duration: operation.duration)
    }
    if overlap.isActive {
      startKernel(rank, row: row, work: end - now, now: now)
    } else {
      start(row, slot, from: now, to: end, queue: &queue)
    }
    return true
  }

  /// Starts a collective all members have reached, if it is a flow or may be slowed down; `false` for any other.
  @inline(never)
  mutating func startJoined(_ first: Int, now: Int64, queue: inout EventQueue) -> Bool {
    let index = operationIndex(ofSlot: first)
    let isFlow = network.isFlow(index)
    let mayBeSlowed = overlap.isActive && Interference.isCollective(stream: first % StreamKind.count)
    guard isFlow || mayBeSlowed else { return false }
    var slot = first
    while slot >= 0 {
      heads[slot].hasArrived = false
      waitingStreams[slot / StreamKind.count] &= ~(1 << UInt16(slot % StreamKind.count))
      columns.starts[row(ofSlot: slot)] = now
      slot = Int(heads[slot].nextInGroup)
    }
    let flow = isFlow ? startFlow(first, now: now, queue: &queue) : -1
    if mayBeSlowed { startTransfer(first, flow: flow, duration: tables.operations[index].duration, now: now) }
    return true
  }

  private mutating func startFlow(_ slot: Int, now: Int64, queue: inout EventQueue) -> Int32 {
    network.start(
      operation: operationIndex(ofSlot: slot), rank: slot / StreamKind.count, slot: slot, now: now, queue: &queue)
  }

  /// An event that belongs to no stream: speeds or rates are due, or flows have ended.
  @inline(never)
  mutating func handleSpecially(_ event: Event, queue: inout EventQueue) {
    let now = event.time.nanoseconds
    switch event.payload {
    case Overlap.settlement: settleOverlap(now: now, queue: &queue)
    case SharedNetwork.settlement: network.settle(now: now, queue: &queue)
    default: endFlows(now: now, queue: &queue)
    }
  }

  /// The operations that waited for flows that are due end.
  private mutating func endFlows(now: Int64, queue: inout EventQueue) {
    while let ended = network.endNext(now: now, queue: &queue) {
      if overlap.isActive { endFlow(ofSlot: ended.firstSlot) }
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
