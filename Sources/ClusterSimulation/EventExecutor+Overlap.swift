import EventKernel
import Quantities

/// Kernels and collectives that run on a GPU at the same time slow each other down (``Interference``).
///
/// What is left of each is kept in nanoseconds at full speed. When something starts or ends on a rank, the rank is
/// *touched*; when everything else of the instant has happened the touched ranks are looked at once, and the ends of what
/// now runs at another speed are computed and scheduled anew. An event whose operation ends at another instant is out of
/// date and ignored.
extension EventExecutor {
  /// Whether the operation of a stream ends at this instant; notes what that frees.
  @inline(never)
  mutating func endsNow(_ rank: Int, _ stream: Int, now: Int64) -> Bool {
    let slot = rank * StreamKind.count + stream
    guard heads[slot].step != Int32.max, columns.ends[row(ofSlot: slot)] == now else { return false }
    if stream == Int(StreamKind.compute.rawValue) {
      overlap.kernels[rank] = Overlap.Kernel()
      overlap.touch(rank)
    } else if overlap.communicating[rank] & (1 << UInt8(stream)) != 0 {
      endTransfer(Int(overlap.leaders[slot]))
    }
    return true
  }

  /// A collective ends on all its members with the first of their events, before any of them goes on.
  private mutating func endTransfer(_ leader: Int) {
    var slot = leader
    while slot >= 0 {
      overlap.communicating[slot / StreamKind.count] &= ~(1 << UInt8(slot % StreamKind.count))
      overlap.touch(slot / StreamKind.count)
      slot = Int(heads[slot].nextInGroup)
    }
  }

  /// Starts a kernel of `work` nanoseconds at full speed; its end is computed at the end of the instant.
  mutating func startKernel(_ rank: Int, row: Int, work: Int64, now: Int64) {
    columns.starts[row] = now
    overlap.kernels[rank] = Overlap.Kernel(left: Double(work), since: now, isRunning: true, isFresh: true)
    overlap.touch(rank)
  }

  /// Starts a collective on a stream and those linked to it.
  mutating func startTransfer(_ leader: Int, flow: Int32, duration: Int64, now: Int64) {
    var transfer = Overlap.Transfer(left: Double(duration), since: now, flow: flow, isFresh: true)
    var slot = leader
    while slot >= 0 {
      let rank = slot / StreamKind.count
      overlap.leaders[slot] = Int32(truncatingIfNeeded: leader)
      overlap.communicating[rank] |= 1 << UInt8(slot % StreamKind.count)
      transfer.busyMembers += overlap.wasComputing[rank] ? 1 : 0
      transfer.factor = max(transfer.factor, overlap.collectiveFactors[rank])
      overlap.touch(rank)
      slot = Int(heads[slot].nextInGroup)
    }
    overlap.transfers[leader] = transfer
    overlap.list(leader)
  }

  /// The flow of a collective has ended; only its latency is left.
  mutating func endFlow(ofSlot leader: Int) {
    guard Interference.isCollective(stream: leader % StreamKind.count) else { return }
    var transfer = overlap.transfers[leader]
    transfer.flow = -1
    transfer.factor = 1
    overlap.transfers[leader] = transfer
  }

  /// Asks for the touched ranks to be looked at, once for all events of the instant.
  mutating func requestOverlapSettlement(now: Int64, queue: inout EventQueue) {
    guard overlap.touchedCount + overlap.listedCount > 0, !overlap.settlementIsDue else { return }
    overlap.settlementIsDue = true
    queue.schedule(at: SimTime(nanoseconds: now), phase: .settlement, payload: Overlap.settlement)
  }

  /// Puts the speeds of everything that has a new neighbour right.
  mutating func settleOverlap(now: Int64, queue: inout EventQueue) {
    overlap.settlementIsDue = false
    while let rank = overlap.takeTouched() {
      let kernel = overlap.kernels[rank]
      if kernel.isRunning != overlap.wasComputing[rank] {
        overlap.wasComputing[rank] = kernel.isRunning
        noteMember(rank, isBusy: kernel.isRunning)
      }
      guard kernel.isRunning else { continue }
      let isSlowed = overlap.communicating[rank] != 0
      if kernel.isFresh || isSlowed != kernel.isSlowed { reschedule(rank, isSlowed: isSlowed, now: now, queue: &queue) }
    }
    while let leader = overlap.takeListed() { reviseTransfer(leader, now: now, queue: &queue) }
  }

  /// A member of collectives has begun or ended to compute.
  private mutating func noteMember(_ rank: Int, isBusy: Bool) {
    var streams = overlap.communicating[rank]
    while streams != 0 {
      let stream = streams.trailingZeroBitCount
      streams &= streams - 1
      let leader = Int(overlap.leaders[rank * StreamKind.count + stream])
      var transfer = overlap.transfers[leader]
      transfer.busyMembers += isBusy ? 1 : -1
      overlap.transfers[leader] = transfer
      overlap.list(leader)
    }
  }

  private mutating func reschedule(_ rank: Int, isSlowed: Bool, now: Int64, queue: inout EventQueue) {
    let factor = overlap.kernelFactors[rank]
    var kernel = overlap.kernels[rank]
    kernel.left = max(0, kernel.left - Double(now - kernel.since) / (kernel.isSlowed ? factor : 1))
    kernel.since = now
    kernel.isSlowed = isSlowed
    kernel.isFresh = false
    overlap.kernels[rank] = kernel
    end(rank * StreamKind.count, after: kernel.left * (isSlowed ? factor : 1), now: now, queue: &queue)
  }

  private mutating func reviseTransfer(_ leader: Int, now: Int64, queue: inout EventQueue) {
    var transfer = overlap.transfers[leader]
    let isSlowed = transfer.busyMembers > 0
    guard transfer.isFresh || isSlowed != transfer.isSlowed else { return }
    if transfer.flow >= 0 {
      if isSlowed != transfer.isSlowed {
        network.slow(flow: transfer.flow, by: isSlowed ? transfer.factor : 1, now: now, queue: &queue)
      }
    } else if network.isFlow(operationIndex(ofSlot: leader)) {
      // Its bytes have arrived: its end is fixed.
    } else {
      transfer.left = max(0, transfer.left - Double(now - transfer.since) / (transfer.isSlowed ? transfer.factor : 1))
      transfer.since = now
      var slot = leader
      while slot >= 0 {
        end(slot, after: transfer.left * (isSlowed ? transfer.factor : 1), now: now, queue: &queue)
        slot = Int(heads[slot].nextInGroup)
      }
    }
    transfer.isSlowed = isSlowed
    transfer.isFresh = false
    overlap.transfers[leader] = transfer
  }

  /// Ends the operation of a stream after a time, rounded up to whole nanoseconds.
  private func end(_ slot: Int, after time: Double, now: Int64, queue: inout EventQueue) {
    let end = now + Int64(time.rounded(.up))
    columns.ends[row(ofSlot: slot)] = end
    queue.schedule(at: SimTime(nanoseconds: end), phase: .completion, payload: UInt32(truncatingIfNeeded: slot))
  }
}
