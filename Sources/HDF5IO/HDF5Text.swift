import CHDF5
import CHDF5Shim

/// Text in files: variable-length UTF-8 when written, also fixed-length when read.
enum HDF5Text {
  /// A fresh variable-length UTF-8 type.
  static func type(at location: HDF5Location) throws(HDF5Error) -> HDF5Handle {
    try type(bytes: chdf5_variable_length(), at: location)
  }

  /// A fresh text type of a given length.
  static func type(bytes: Int, at location: HDF5Location) throws(HDF5Error) -> HDF5Handle {
    let type = try location.handle("describe text of", closedBy: H5Tclose) { H5Tcopy(chdf5_c_string()) }
    let id = type.id
    try location.check("describe text of") { H5Tset_size(id, bytes) }
    try location.check("describe text of") { H5Tset_cset(id, H5T_CSET_UTF8) }
    return type
  }

  /// Lends an array of C strings to the library.
  ///
  /// - Throws: ``HDF5Error`` for text that holds the zero character, which would end it early.
  static func write(
    _ texts: [String], at location: HDF5Location, _ call: (UnsafePointer<UnsafePointer<CChar>?>?) -> herr_t
  ) throws(HDF5Error) {
    var bytes: [CChar] = []
    var starts: [Int] = []
    for text in texts {
      guard !text.utf8.contains(0) else { throw location.error("write", "text holds the zero character") }
      starts.append(bytes.count)
      bytes.append(contentsOf: text.utf8.map { CChar(bitPattern: $0) })
      bytes.append(0)
    }
    try location.check("write") {
      bytes.withUnsafeBufferPointer { arena in
        let pointers = starts.map { start in arena.baseAddress.map { $0 + start } }
        return pointers.withUnsafeBufferPointer { call($0.baseAddress) }
      }
    }
  }

  /// Reads strings, variable-length or fixed, of an object in a finished file.
  static func read(
    count: Int, storedType: hid_t, of object: hid_t, at location: HDF5Location,
    _ call: (hid_t, UnsafeMutableRawPointer?) -> herr_t
  ) throws(HDF5Error) -> [String] {
    guard H5Tget_class(storedType) == H5T_STRING else { throw location.error("read", "holds no text") }
    if try location.check("read", { H5Tis_variable_str(storedType) }) > 0 {
      return try readVariable(count, of: object, at: location, call)
    }
    return try readFixed(count, storedType, at: location, call)
  }

  private static func readVariable(
    _ count: Int, of object: hid_t, at location: HDF5Location,
    _ call: (hid_t, UnsafeMutableRawPointer?) -> herr_t
  ) throws(HDF5Error) -> [String] {
    let type = try location.handle("read", closedBy: H5Tclose) { chdf5_text_place() }
    let typeID = type.id
    let (size, overflow) = count.multipliedReportingOverflow(by: 16)
    guard !overflow else { throw location.error("read", "claims \(count) texts") }
    var places = [UInt8](repeating: 0, count: size)
    if count > 0 { try location.check("read") { places.withUnsafeMutableBytes { call(typeID, $0.baseAddress) } } }
    var heap = try HDF5TextHeap(of: object, at: location)
    var texts: [String] = []
    for index in 0..<count { texts.append(try heap.text(placedAt: places[(index * 16)..<(index * 16 + 16)])) }
    return texts
  }

  private static func readFixed(
    _ count: Int, _ type: hid_t, at location: HDF5Location, _ call: (hid_t, UnsafeMutableRawPointer?) -> herr_t
  ) throws(HDF5Error) -> [String] {
    let width = H5Tget_size(type)
    let (size, overflow) = width.multipliedReportingOverflow(by: count)
    guard width > 0, !overflow, size <= 1 << 30 else { throw location.error("read", "text of \(width) bytes") }
    var bytes = [UInt8](repeating: 0, count: size)
    try location.check("read") { bytes.withUnsafeMutableBytes { call(type, $0.baseAddress) } }
    return (0..<count).map { index in
      String(decoding: bytes[(index * width)..<((index + 1) * width)].prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
