import CHDF5
import CHDF5Shim

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Looks up variable-length texts in the global heap collections of a file.
///
/// The library does the same, but trusts the indices: this part of the format carries no check sum, and a damaged one
/// crashes it. Format: HDF5 File Format Specification 3.0, section III.E.
struct HDF5TextHeap {
  private let descriptor: Int32
  private let offset: UInt64
  private let fileBytes: UInt64
  private let location: HDF5Location
  /// The collection read last, and where its objects lie.
  private var address: UInt64?
  private var bytes: [UInt8] = []
  private var objects: [UInt32: Range<Int>] = [:]

  /// Prepares to read texts of one object.
  init(of object: hid_t, at location: HDF5Location) throws(HDF5Error) {
    var userBlock: hsize_t = 0
    descriptor = try location.check("read") { chdf5_descriptor(object, &userBlock) }
    offset = userBlock
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_size >= 0 else { throw location.error("read", "has no size") }
    fileBytes = UInt64(status.st_size)
    self.location = location
  }

  /// The text at a place: length (4 bytes), address of the collection (8), index in it (4).
  mutating func text(placedAt place: ArraySlice<UInt8>) throws(HDF5Error) -> String {
    let length = Int(Self.number(place.prefix(4)))
    if length == 0 { return "" }
    let address = Self.number(place.dropFirst(4).prefix(8))
    if self.address != address { try load(address) }
    let index = UInt32(truncatingIfNeeded: Self.number(place.suffix(4)))
    guard let object = objects[index], length <= object.count else { throw damaged }
    return String(decoding: bytes[object.prefix(length)].prefix { $0 != 0 }, as: UTF8.self)
  }

  private var damaged: HDF5Error { location.error("read", "the text heap is damaged") }

  /// Reads a collection and finds its objects.
  private mutating func load(_ address: UInt64) throws(HDF5Error) {
    let head = try read(16, from: address)
    guard head.prefix(4).elementsEqual("GCOL".utf8), head[4] == 1 else { throw damaged }
    let size = Self.number(head[8..<16])
    guard size >= 16, size <= fileBytes else { throw damaged }
    self.address = nil
    bytes = try read(Int(size), from: address)
    objects = [:]
    var next = 16
    while next + 16 <= bytes.count {
      let index = UInt32(Self.number(bytes[next..<(next + 2)]))
      let length = Self.number(bytes[(next + 8)..<(next + 16)])
      if index == 0 { break }
      let start = next + 16
      guard length <= UInt64(bytes.count - start) else { throw damaged }
      objects[index] = start..<(start + Int(length))
      next = start + (Int(length) + 7) / 8 * 8
    }
    self.address = address
  }

  private func read(_ count: Int, from address: UInt64) throws(HDF5Error) -> [UInt8] {
    let (end, overflow) = address.addingReportingOverflow(UInt64(count))
    guard !overflow, end <= fileBytes, offset <= fileBytes - end else { throw damaged }
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress.map { $0 + done }, count - done, off_t(offset + address) + off_t(done))
      }
      guard got > 0 else { throw damaged }
      done += got
    }
    return bytes
  }

  /// A little-endian number.
  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
