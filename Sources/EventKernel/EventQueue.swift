import Quantities

/// When several events share an instant, lower phases go first.
@frozen
public enum EventPhase: UInt8, Sendable {
  /// Something ends: resources become free.
  case completion = 0
  /// The world changes: a fault, a straggler.
  case disturbance = 1
  /// Shared rates are solved again, once for all changes of the instant.
  case settlement = 2
  /// Everything else.
  case action = 3
}

/// One scheduled occurrence.
@frozen
public struct Event: Hashable, Sendable {
  /// When it happens.
  public let time: SimTime
  /// Which of the instant's phases it belongs to.
  public let phase: EventPhase
  /// What the handler made of it; below 2^28.
  public let payload: UInt32

  /// Describes an occurrence.
  @inlinable
  public init(time: SimTime, phase: EventPhase, payload: UInt32) {
    self.time = time
    self.phase = phase
    self.payload = payload
  }
}

/// Pending events in the total order (time, phase, order of scheduling).
///
/// A 4-ary heap of 128-bit keys: 64 bits of time, 2 of phase, 34 of sequence, 28 of payload. One comparison of two keys
/// is the whole order; no two keys are equal.
///
/// - Complexity: O(log n) for both operations; 16 bytes per pending event.
@frozen
public struct EventQueue: ~Copyable {
  @usableFromInline var keys: UnsafeMutablePointer<UInt128>
  @usableFromInline var capacity: Int
  @usableFromInline var waiting: Int
  @usableFromInline var sequence: UInt64

  /// An empty queue with room for `capacity` events; it grows when needed.
  public init(capacity: Int = 64) {
    self.capacity = max(capacity, 4)
    keys = .allocate(capacity: self.capacity)
    waiting = 0
    sequence = 0
  }

  deinit { keys.deallocate() }

  /// Events not yet taken.
  @inlinable
  public var count: Int { waiting }

  /// Whether nothing is waiting.
  @inlinable
  public var isEmpty: Bool { waiting == 0 }

  /// Events scheduled so far; the next one's place among equals.
  @inlinable
  public var scheduledCount: UInt64 { sequence }

  /// Adds an event; among equal times and phases it runs after all scheduled before it.
  ///
  /// - Precondition: `time` is not negative, `payload < 2^28`, fewer than 2^34 events in all.
  @inlinable
  public mutating func schedule(at time: SimTime, phase: EventPhase, payload: UInt32) {
    precondition(time.nanoseconds >= 0 && payload < 1 << 28 && sequence < 1 << 34, "event outside the key's range")
    let low = UInt64(phase.rawValue) << 62 | sequence << 28 | UInt64(payload)
    sequence += 1
    insert(UInt128(UInt64(time.nanoseconds)) << 64 | UInt128(low))
  }

  /// Removes and returns the earliest event.
  @inlinable
  public mutating func next() -> Event? {
    guard waiting > 0 else { return nil }
    let key = removeFirst()
    let low = UInt64(truncatingIfNeeded: key)
    return Event(
      time: SimTime(nanoseconds: Int64(truncatingIfNeeded: key >> 64)),
      phase: EventPhase(rawValue: UInt8(low >> 62)) ?? .action,
      payload: UInt32(truncatingIfNeeded: low & 0xfff_ffff))
  }

  @usableFromInline
  mutating func grow() {
    let larger = UnsafeMutablePointer<UInt128>.allocate(capacity: capacity * 2)
    larger.moveInitialize(from: keys, count: waiting)
    keys.deallocate()
    keys = larger
    capacity *= 2
  }

  @inlinable
  mutating func insert(_ key: UInt128) {
    if waiting == capacity { grow() }
    var hole = waiting
    waiting += 1
    while hole > 0 {
      let parent = (hole - 1) >> 2
      let other = keys[parent]
      if other < key { break }
      (keys + hole).initialize(to: other)
      hole = parent
    }
    (keys + hole).initialize(to: key)
  }

  @inlinable
  mutating func removeFirst() -> UInt128 {
    let first = keys[0]
    waiting -= 1
    let last = keys[waiting]
    var hole = 0
    while true {
      let child = (hole << 2) + 1
      guard child < waiting else { break }
      var smallest = child
      var key = keys[child]
      let end = min(child + 4, waiting)
      var candidate = child + 1
      while candidate < end {
        let other = keys[candidate]
        if other < key {
          key = other
          smallest = candidate
        }
        candidate += 1
      }
      if last < key { break }
      keys[hole] = key
      hole = smallest
    }
    if waiting > 0 { keys[hole] = last }
    return first
  }
}
