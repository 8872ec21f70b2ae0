import EventKernel
import Quantities
import Testing

@Suite("Event loop")
struct EventLoopTests {
  /// Notes what it sees; every event of payload `n` schedules `n - 1` three nanoseconds later.
  private struct Countdown: ~Copyable, EventHandler {
    var log: [String] = []

    mutating func handle(_ event: Event, queue: inout EventQueue) {
      log.append("\(event.time.nanoseconds):\(event.payload)")
      guard event.payload > 0 else { return }
      queue.schedule(
        at: event.time + SimDuration(nanoseconds: 3), phase: .action, payload: event.payload - 1)
    }
  }

  @Test func `events may schedule events, and all are handled in order`() {
    var loop = EventLoop(handler: Countdown())
    loop.queue.schedule(at: SimTime(nanoseconds: 4), phase: .action, payload: 1)
    loop.queue.schedule(at: .zero, phase: .action, payload: 2)
    loop.run()
    let (log, now, handled, isEmpty) = (loop.handler.log, loop.now, loop.handledCount, loop.queue.isEmpty)
    #expect(log == ["0:2", "3:1", "4:1", "6:0", "7:0"])
    #expect(now.nanoseconds == 7)
    #expect(handled == 5)
    #expect(isEmpty)
  }

  @Test func `a loop can go on after it has run dry`() {
    var loop = EventLoop(handler: Countdown())
    loop.run()
    let nothing = loop.handledCount
    #expect(nothing == 0)
    loop.queue.schedule(at: SimTime(nanoseconds: 9), phase: .completion, payload: 0)
    loop.run()
    let (log, now) = (loop.handler.log, loop.now)
    #expect(log == ["9:0"])
    #expect(now.nanoseconds == 9)
  }
}
