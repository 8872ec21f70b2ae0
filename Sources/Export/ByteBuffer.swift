/// A growing run of bytes with fast appends of text and numbers.
package struct ByteBuffer: ~Copyable {
  /// Bytes appended since the last ``removeAll()``.
  package private(set) var count = 0
  private var capacity: Int
  private var start: UnsafeMutablePointer<UInt8>

  /// Starts empty.
  package init(capacity: Int = 4096) {
    self.capacity = max(capacity, 64)
    start = .allocate(capacity: self.capacity)
  }

  deinit { start.deallocate() }

  /// The bytes, to be read at once.
  package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

  /// Makes room for more bytes.
  @inline(__always)
  package mutating func reserve(_ extra: Int) {
    if count + extra > capacity { grow(extra) }
  }

  @inline(never)
  private mutating func grow(_ extra: Int) {
    let larger = max(capacity * 2, count + extra)
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    moved.update(from: start, count: count)
    start.deallocate()
    start = moved
    capacity = larger
  }

  /// Forgets the bytes, keeps the room.
  package mutating func removeAll() { count = 0 }

  /// Appends one byte.
  @inline(__always)
  package mutating func append(_ byte: UInt8) {
    reserve(1)
    start[count] = byte
    count += 1
  }

  /// Appends a literal.
  @inline(__always)
  package mutating func append(_ text: StaticString) {
    let size = text.utf8CodeUnitCount
    reserve(size)
    (start + count).update(from: text.utf8Start, count: size)
    count += size
  }

  /// Appends bytes that lie elsewhere.
  @inline(__always)
  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    reserve(bytes.count)
    UnsafeMutableRawPointer(start + count).copyMemory(from: base, byteCount: bytes.count)
    count += bytes.count
  }

  /// Lets `body` write at the end, and keeps what it wrote.
  ///
  /// - Parameters:
  ///   - limit: Bytes it writes at most.
  ///   - body: Returns the number of bytes written.
  @inline(__always)
  mutating func append(atMost limit: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Int) {
    reserve(limit)
    count += body(start + count)
  }

  /// Appends the UTF-8 bytes of a text.
  package mutating func append(_ text: String) {
    for byte in text.utf8 { append(byte) }
  }

  /// Appends a number in decimal.
  @inline(__always)
  package mutating func append(decimal value: Int64) {
    if value < 0 { append(UInt8(ascii: "-")) }
    append(decimal: value.magnitude)
  }

  /// Appends a number in decimal.
  @inline(__always)
  package mutating func append(decimal value: UInt64) {
    if value < 10 { return append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value)) }
    reserve(20)
    let size = Self.digitCount(value)
    var rest = value
    var place = count + size
    while place > count {
      place -= 1
      start[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    count += size
  }

  /// Appends thousandths as a number with exactly three decimals: nanoseconds as microseconds.
  @inline(__always)
  package mutating func append(thousandths value: Int64) {
    if value < 0 { append(UInt8(ascii: "-")) }
    let (whole, part) = value.magnitude.quotientAndRemainder(dividingBy: 1000)
    append(decimal: whole)
    reserve(4)
    let digits = UInt32(truncatingIfNeeded: part)
    start[count] = UInt8(ascii: ".")
    start[count + 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digits / 100)
    start[count + 2] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digits / 10 % 10)
    start[count + 3] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digits % 10)
    count += 4
  }

  /// Decimal digits of a number.
  @inline(__always)
  private static func digitCount(_ value: UInt64) -> Int {
    var (digits, bound) = (1, UInt64(10))
    while value >= bound {
      digits += 1
      let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
      if overflow { break }
      bound = next
    }
    return digits
  }
}
