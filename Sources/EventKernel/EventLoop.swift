import Quantities

/// What reacts to events: the whole model of the simulated world.
public protocol EventHandler: ~Copyable {
  /// Reacts to one event; may schedule others, never before `event.time`.
  mutating func handle(_ event: Event, queue: inout EventQueue)
}

/// Takes the earliest event, hands it to the handler, until none is left.
///
/// The kernel knows nothing of what is simulated. The order of events is total, so the same handler sees the same
/// sequence on every run.
@frozen
public struct EventLoop<Handler: EventHandler & ~Copyable>: ~Copyable {
  /// The model; read it after ``run()``.
  public var handler: Handler
  /// Pending events; schedule the first ones here.
  public var queue: EventQueue
  /// The instant of the last event.
  public var now: SimTime
  /// Events handled so far.
  public var handledCount: Int

  /// A loop at time zero.
  @inlinable
  public init(handler: consuming Handler, queueCapacity: Int = 64) {
    self.handler = handler
    queue = EventQueue(capacity: queueCapacity)
    now = .zero
    handledCount = 0
  }

  /// Runs until the queue is empty.
  ///
  /// - Precondition: no event is scheduled before the present; a handler that does so is broken.
  @inlinable
  public mutating func run() {
    var handled = 0
    while let event = queue.next() {
      precondition(event.time >= now, "an event was scheduled in the past")
      now = event.time
      handled += 1
      handler.handle(event, queue: &queue)
    }
    handledCount += handled
  }
}
