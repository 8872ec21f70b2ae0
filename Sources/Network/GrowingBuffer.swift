/// Plain values in one allocation that grows by doubling: hot state of the network.
///
/// Indices are checked in debug builds only; the network makes every index it uses.
struct GrowingBuffer<Element: BitwiseCopyable>: ~Copyable {
  /// Values held.
  private(set) var count = 0
  private var capacity: Int
  private var base: UnsafeMutablePointer<Element>

  /// An empty buffer with room for some values.
  init(capacity: Int = 16) {
    self.capacity = max(capacity, 4)
    base = .allocate(capacity: self.capacity)
  }

  /// `count` copies of a value.
  init(repeating value: Element, count: Int) {
    self.init(capacity: count)
    append(value, times: count)
  }

  deinit { base.deallocate() }

  /// The value at an index.
  subscript(index: Int) -> Element {
    @inline(__always) get {
      assert(index >= 0 && index < count, "index outside the buffer")
      return base[index]
    }
    @inline(__always) nonmutating _modify {
      assert(index >= 0 && index < count, "index outside the buffer")
      yield &base[index]
    }
  }

  /// The values, for a loop that reads many; valid until the buffer grows or ends.
  var pointer: UnsafeMutablePointer<Element> {
    @inline(__always) get { base }
  }

  /// Adds a value.
  @inline(__always)
  mutating func append(_ value: Element) {
    if count == capacity { grow(to: count + 1) }
    (base + count).initialize(to: value)
    count += 1
  }

  /// Adds copies of a value.
  mutating func append(_ value: Element, times: Int) {
    if count + times > capacity { grow(to: count + times) }
    (base + count).initialize(repeating: value, count: times)
    count += times
  }

  /// Takes the last value; nothing when there is none.
  @inline(__always)
  mutating func popLast() -> Element? {
    guard count > 0 else { return nil }
    count -= 1
    return base[count]
  }

  /// Forgets all values and keeps the room.
  @inline(__always)
  mutating func removeAll() { count = 0 }

  private mutating func grow(to needed: Int) {
    capacity = max(capacity * 2, needed)
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
    larger.moveInitialize(from: base, count: count)
    base.deallocate()
    base = larger
  }
}
