/// A place in memory that moves on as protobuf fields are written (Protocol Buffers encoding, wire types 0, 1, 2, 5).
///
/// The caller makes sure that there is room: a number takes at most 10 bytes, its key at most 2.
struct ProtobufCursor {
  /// Where the next byte goes.
  private(set) var place: UnsafeMutablePointer<UInt8>

  /// Starts at a place.
  init(_ place: UnsafeMutablePointer<UInt8>) { self.place = place }

  /// Writes one byte.
  @inline(__always)
  mutating func put(_ byte: UInt8) {
    place.pointee = byte
    place += 1
  }

  /// Writes the base-128 digits of a number, lowest first.
  @inline(__always)
  mutating func put(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      put(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    put(UInt8(truncatingIfNeeded: rest))
  }

  /// Writes the key of a field.
  @inline(__always)
  mutating func put(key field: UInt32, wire: UInt32) { put(varint: UInt64(field << 3 | wire)) }

  /// Writes a number as a field.
  @inline(__always)
  mutating func put(field: UInt32, _ value: UInt64) {
    put(key: field, wire: 0)
    put(varint: value)
  }

  /// Writes a signed number (`int64`, not zigzag) as a field.
  @inline(__always)
  mutating func put(field: UInt32, signed value: Int64) { put(field: field, UInt64(bitPattern: value)) }

  /// Writes eight bytes, lowest first, as a field.
  @inline(__always)
  mutating func put(field: UInt32, fixed value: UInt64) {
    put(key: field, wire: 1)
    UnsafeMutableRawPointer(place).storeBytes(of: value.littleEndian, as: UInt64.self)
    place += 8
  }

  /// Writes a number with a fraction as a field.
  @inline(__always)
  mutating func put(field: UInt32, real value: Double) { put(field: field, fixed: value.bitPattern) }

  /// Copies bytes.
  @inline(__always)
  mutating func put(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    UnsafeMutableRawPointer(place).copyMemory(from: base, byteCount: bytes.count)
    place += bytes.count
  }

  /// Writes a message as a field; its length takes two bytes, so it holds less than 16 KiB.
  @inline(__always)
  mutating func put(message field: UInt32, _ body: (inout ProtobufCursor) -> Void) {
    put(key: field, wire: 2)
    let length = place
    place += 2
    body(&self)
    let count = place - length - 2
    length[0] = UInt8(truncatingIfNeeded: count) | 0x80
    length[1] = UInt8(truncatingIfNeeded: count >> 7)
  }
}

extension ProtobufCursor {
  /// Writes a text as a field. The caller makes room for its UTF-8 bytes and 12 more.
  mutating func put(field: UInt32, _ text: String) {
    put(key: field, wire: 2)
    put(varint: UInt64(text.utf8.count))
    for byte in text.utf8 { put(byte) }
  }
}
