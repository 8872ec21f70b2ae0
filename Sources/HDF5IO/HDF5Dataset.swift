import CHDF5
import CHDF5Shim

/// One dataset that exists in a file.
package struct HDF5Dataset: ~Copyable, HDF5Object {
  private let handle: HDF5Handle
  package let location: HDF5Location
  package var objectID: Int64 { handle.id }

  init(adopting handle: consuming HDF5Handle, at location: HDF5Location) {
    self.handle = handle
    self.location = location
  }

  /// Extent along each axis, slowest first; empty for a scalar.
  package func shape() throws(HDF5Error) -> [Int] {
    let space = try dataspace()
    return try extents(of: space)
  }

  /// The stored number type; `nil` when it is text or something else.
  package func scalarKind() throws(HDF5Error) -> HDF5ScalarKind? {
    let type = try storedType()
    return HDF5ScalarKind(storedType: type.id)
  }

  /// Reads every element, row after row.
  ///
  /// - Throws: ``HDF5Error`` when the stored type differs from `Element`, or the data are damaged.
  package func read<Element: HDF5Scalar>(_: Element.Type = Element.self) throws(HDF5Error) -> [Element] {
    let type = try memoryType(for: Element.self)
    let space = try dataspace()
    let count = try elementCount(of: try extents(of: space), elementBytes: Element.hdf5Kind.byteCount)
    return try elements(count, type.id, memory: space.id, file: space.id)
  }

  /// Reads the elements of a range of rows of a one-dimensional dataset.
  ///
  /// - Throws: ``HDF5Error`` when the range leaves the dataset or the dataset has another rank or type.
  package func read<Element: HDF5Scalar>(
    rows: Range<Int>, _: Element.Type = Element.self
  ) throws(HDF5Error) -> [Element] {
    let type = try memoryType(for: Element.self)
    let space = try dataspace()
    let shape = try extents(of: space)
    guard shape.count == 1 else { throw location.error("read", "has \(shape.count) axes; rows need one") }
    guard rows.lowerBound >= 0, rows.upperBound <= shape[0] else {
      throw location.error("read", "has \(shape[0]) rows; asked for \(rows.lowerBound)..<\(rows.upperBound)")
    }
    if rows.isEmpty { return [] }
    _ = try elementCount(of: shape, elementBytes: Element.hdf5Kind.byteCount)
    let memory = try location.selectRows(rows, of: space)
    return try elements(rows.count, type.id, memory: memory.id, file: space.id)
  }

  /// Reads a dataset of one element.
  package func readScalar<Element: HDF5Scalar>(_: Element.Type = Element.self) throws(HDF5Error) -> Element {
    let values = try read(Element.self)
    guard values.count == 1, let value = values.first else {
      throw location.error("read", "holds \(values.count) elements; expected one")
    }
    return value
  }

  /// Reads text: one string, or every string of a list.
  ///
  /// - Throws: ``HDF5Error`` when the dataset holds no text.
  package func readTexts() throws(HDF5Error) -> [String] {
    let type = try storedType()
    let space = try dataspace()
    let count = try elementCount(of: try extents(of: space), elementBytes: 1)
    let dataset = objectID
    return try HDF5Text.read(count: count, storedType: type.id, of: dataset, at: location) { memoryType, buffer in
      H5Dread(dataset, memoryType, chdf5_everything(), chdf5_everything(), chdf5_default(), buffer)
    }
  }

  /// Reads one string.
  package func readText() throws(HDF5Error) -> String {
    let texts = try readTexts()
    guard texts.count == 1, let text = texts.first else {
      throw location.error("read", "holds \(texts.count) strings; expected one")
    }
    return text
  }

  /// The labels of an enumerated dataset, sorted by value; `nil` when its type is no enumeration.
  package func labels() throws(HDF5Error) -> [HDF5Label]? {
    let type = try storedType()
    guard H5Tget_class(type.id) == H5T_ENUM else { return nil }
    return try HDF5Label.all(of: type.id, at: location)
  }

  /// Whether the type is a named one in the file.
  package func hasNamedType() throws(HDF5Error) -> Bool {
    let type = try storedType()
    return try location.check("read") { H5Tcommitted(type.id) } > 0
  }

  private func storedType() throws(HDF5Error) -> HDF5Handle {
    let id = objectID
    return try location.handle("read", closedBy: H5Tclose) { H5Dget_type(id) }
  }

  private func dataspace() throws(HDF5Error) -> HDF5Handle {
    let id = objectID
    return try location.handle("read", closedBy: H5Sclose) { H5Dget_space(id) }
  }

  private func extents(of space: borrowing HDF5Handle) throws(HDF5Error) -> [Int] {
    let id = space.id
    let rank = try location.check("read") { H5Sget_simple_extent_ndims(id) }
    var sizes = [hsize_t](repeating: 0, count: Int(rank))
    try location.check("read") { H5Sget_simple_extent_dims(id, &sizes, nil) }
    guard sizes.allSatisfy({ $0 <= UInt64(Int.max) }) else { throw location.error("read", "extent out of range") }
    return sizes.map { Int($0) }
  }

  /// The number of elements, refused when the file cannot hold them: damaged extents must not exhaust the memory.
  private func elementCount(of shape: [Int], elementBytes: Int) throws(HDF5Error) -> Int {
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw location.error("read", "claims more elements than a file can hold") }
      count = product
    }
    // Deflate shrinks at most 1032 : 1.
    let stored = min(H5Dget_storage_size(objectID), 1 << 48)
    let limit = max(Int(stored) * 1100, 1 << 20)
    guard count <= limit / elementBytes else {
      throw location.error("read", "claims \(count) elements in \(stored) stored bytes")
    }
    return count
  }

  /// The memory type that makes reading a plain copy; an enumeration is read as its own numbers.
  private func memoryType<Element: HDF5Scalar>(for _: Element.Type) throws(HDF5Error) -> HDF5Handle {
    let stored = try storedType()
    guard HDF5ScalarKind(storedType: stored.id) == Element.hdf5Kind else {
      throw location.error("read", "the stored type is not \(Element.hdf5Kind.rawValue)")
    }
    if H5Tget_class(stored.id) == H5T_ENUM { return stored }
    return try location.handle("read", closedBy: H5Tclose) { H5Tcopy(Element.hdf5Kind.memoryType) }
  }

  private func elements<Element: HDF5Scalar>(
    _ count: Int, _ type: hid_t, memory: hid_t, file: hid_t
  ) throws(HDF5Error) -> [Element] {
    var values = [Element](repeating: .hdf5Zero, count: count)
    let dataset = objectID
    try location.check("read") {
      values.withUnsafeMutableBytes {
        H5Dread(dataset, type, memory, file, chdf5_default(), $0.baseAddress)
      }
    }
    return values
  }
}

extension HDF5Location {
  /// Selects rows in a one-dimensional file space and returns the memory space of the same size.
  func selectRows(_ rows: Range<Int>, of space: borrowing HDF5Handle) throws(HDF5Error) -> HDF5Handle {
    let id = space.id
    var start = hsize_t(rows.lowerBound)
    var count = hsize_t(rows.count)
    try check("select rows of") { H5Sselect_hyperslab(id, H5S_SELECT_SET, &start, nil, &count, nil) }
    return try handle("select rows of", closedBy: H5Sclose) { H5Screate_simple(1, &count, nil) }
  }
}
