@testable import EventKernel
import Quantities
import Testing
import TestSupport

@Suite("Event queue")
struct EventQueueTests {
  private struct Key: Comparable {
    var time: Int64
    var phase: UInt8
    var sequence: Int

    static func < (left: Key, right: Key) -> Bool {
      if left.time != right.time { return left.time < right.time }
      if left.phase != right.phase { return left.phase < right.phase }
      return left.sequence < right.sequence
    }
  }

  private static let phases: [EventPhase] = [.completion, .disturbance, .settlement, .action]

  @Test func `an empty queue has no next event`() {
    var queue = EventQueue()
    let isEmpty = queue.isEmpty
    let next = queue.next()
    #expect(isEmpty)
    #expect(next == nil)
  }

  @Test func `equal instants are ordered by phase, then by scheduling`() {
    var queue = EventQueue()
    let time = SimTime(nanoseconds: 5)
    queue.schedule(at: time, phase: .action, payload: 0)
    queue.schedule(at: time, phase: .completion, payload: 1)
    queue.schedule(at: time, phase: .settlement, payload: 2)
    queue.schedule(at: time, phase: .completion, payload: 3)
    queue.schedule(at: time, phase: .disturbance, payload: 4)
    queue.schedule(at: .zero, phase: .action, payload: 5)
    var payloads: [UInt32] = []
    while let event = queue.next() { payloads.append(event.payload) }
    #expect(payloads == [5, 1, 3, 4, 2, 0])
  }

  @Test func `the largest payload and time survive`() {
    var queue = EventQueue()
    let event = Event(time: SimTime(nanoseconds: .max), phase: .settlement, payload: (1 << 28) - 1)
    queue.schedule(at: event.time, phase: event.phase, payload: event.payload)
    let next = queue.next()
    #expect(next == event)
  }

  /// Two thirds scheduled, one third taken, then all taken: at each step the queue agrees with a sorted list.
  @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6, 7, 8])
  func `events come out as a sorted list would give them`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var queue = EventQueue(capacity: 4)
    var oracle: [(key: Key, payload: UInt32)] = []
    var scheduled = 0
    for _ in 0..<900 {
      if oracle.isEmpty || !generator.once(in: 3) {
        let key = Key(
          time: .random(in: 0..<40, using: &generator), phase: .random(in: 0..<4, using: &generator),
          sequence: scheduled)
        let payload = UInt32.random(in: 0..<1 << 28, using: &generator)
        queue.schedule(
          at: SimTime(nanoseconds: key.time), phase: Self.phases[Int(key.phase)], payload: payload)
        oracle.insert((key, payload), at: oracle.firstIndex { key < $0.key } ?? oracle.count)
        scheduled += 1
      } else {
        expectNext(&queue, oracle.removeFirst())
      }
      let (count, isHeap) = (queue.count, isHeap(queue))
      #expect(count == oracle.count)
      #expect(isHeap)
    }
    for expected in oracle { expectNext(&queue, expected) }
    let (isEmpty, scheduledCount) = (queue.isEmpty, queue.scheduledCount)
    #expect(isEmpty)
    #expect(scheduledCount == UInt64(scheduled))
  }

  private func expectNext(_ queue: inout EventQueue, _ expected: (key: Key, payload: UInt32)) {
    let event = queue.next()
    #expect(event?.time.nanoseconds == expected.key.time)
    #expect(event?.phase.rawValue == expected.key.phase)
    #expect(event?.payload == expected.payload)
  }

  /// No key is below its parent's.
  private func isHeap(_ queue: borrowing EventQueue) -> Bool {
    for index in 1..<max(1, queue.waiting) where queue.keys[index] < queue.keys[(index - 1) / 4] { return false }
    return true
  }
}
