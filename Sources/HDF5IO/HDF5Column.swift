import CHDF5
import CHDF5Shim

/// A growing one-dimensional dataset, written in whole chunks so that each is compressed once.
///
/// Rows stay in memory until their chunk is full: call ``flush()`` at the end.
package struct HDF5Column<Element: HDF5Scalar>: ~Copyable, HDF5Object {
  /// Rows appended so far.
  package var rowCount: Int { writtenRows + buffer.count }
  package var location: HDF5Location { dataset.location }
  package var objectID: Int64 { dataset.objectID }

  private let dataset: HDF5Dataset
  private let memoryType: HDF5Handle
  private let chunkRows: Int
  /// Rows in the file, whole chunks only; a flushed partial chunk stays in the buffer and is rewritten when full.
  private var writtenRows = 0
  private var buffer: [Element] = []

  init(
    _ dataset: consuming HDF5Dataset, memoryType: consuming HDF5Handle, chunkRows: Int
  ) {
    self.dataset = dataset
    self.memoryType = memoryType
    self.chunkRows = chunkRows
  }

  /// Adds one row.
  package mutating func append(_ value: Element) throws(HDF5Error) {
    if buffer.isEmpty { buffer.reserveCapacity(chunkRows) }
    buffer.append(value)
    if buffer.count == chunkRows { try writeBuffer() }
  }

  /// Adds many rows; whole chunks go to the file without a copy.
  package mutating func append(contentsOf values: [Element]) throws(HDF5Error) {
    var next = 0
    while next < values.count {
      if buffer.isEmpty && values.count - next >= chunkRows {
        try write(values, next..<(next + chunkRows))
        writtenRows += chunkRows
        next += chunkRows
        continue
      }
      let taken = min(values.count - next, chunkRows - buffer.count)
      if buffer.isEmpty { buffer.reserveCapacity(chunkRows) }
      buffer.append(contentsOf: values[next..<(next + taken)])
      next += taken
      if buffer.count == chunkRows { try writeBuffer() }
    }
  }

  /// Writes the rows of the unfinished chunk too. More rows may follow.
  package mutating func flush() throws(HDF5Error) {
    guard !buffer.isEmpty else { return }
    try write(buffer, 0..<buffer.count)
  }

  private mutating func writeBuffer() throws(HDF5Error) {
    try write(buffer, 0..<buffer.count)
    writtenRows += buffer.count
    buffer.removeAll(keepingCapacity: true)
  }

  /// Writes part of an array behind the whole chunks in the file.
  private func write(_ values: [Element], _ range: Range<Int>) throws(HDF5Error) {
    let (id, type) = (dataset.objectID, memoryType.id)
    let rows = writtenRows..<(writtenRows + range.count)
    var extent = hsize_t(rows.upperBound)
    try location.check("extend") { H5Dset_extent(id, &extent) }
    let space = try location.handle("write", closedBy: H5Sclose) { H5Dget_space(id) }
    let memory = try location.selectRows(rows, of: space)
    let (fileID, memoryID) = (space.id, memory.id)
    try location.check("write") {
      values.withUnsafeBufferPointer {
        H5Dwrite(id, type, memoryID, fileID, chdf5_default(), $0.baseAddress.map { $0 + range.lowerBound })
      }
    }
  }
}

extension HDF5Group {
  /// Creates a column of numbers.
  package func createColumn<Element: HDF5Scalar>(
    _ name: String, of _: Element.Type = Element.self, storage: HDF5Storage = HDF5Storage()
  ) throws(HDF5Error) -> HDF5Column<Element> {
    let kind = Element.hdf5Kind
    let dataset = try createGrowing(name, kind.fileType, elementBytes: kind.byteCount, storage)
    let type = try dataset.location.handle("create", closedBy: H5Tclose) { H5Tcopy(kind.memoryType) }
    return HDF5Column(dataset, memoryType: type, chunkRows: storage.chunkRows)
  }

  /// Creates a column of enumerated values, with `flag_values` and `flag_meanings`.
  package func createColumn(
    _ name: String, of enumeration: borrowing HDF5Enumeration, storage: HDF5Storage = HDF5Storage()
  ) throws(HDF5Error) -> HDF5Column<UInt8> {
    let dataset = try createGrowing(name, enumeration.objectID, elementBytes: 1, storage)
    try dataset.describeFlags(enumeration.labels)
    let id = enumeration.objectID
    let type = try dataset.location.handle("create", closedBy: H5Tclose) { H5Tcopy(id) }
    return HDF5Column(dataset, memoryType: type, chunkRows: storage.chunkRows)
  }

  /// A dataset of no rows; the library's chunk cache is off, so an error shows in the call that meets it.
  private func createGrowing(
    _ name: String, _ type: hid_t, elementBytes: Int, _ storage: HDF5Storage
  ) throws(HDF5Error) -> HDF5Dataset {
    let place = location.child(name)
    let parent = objectID
    let creation = try storage.creationList(chunk: [storage.chunkRows], elementBytes: elementBytes, at: place)
    let access = try place.handle("create", closedBy: H5Pclose) { H5Pcreate(chdf5_dataset_access()) }
    try place.check("create") { H5Pset_chunk_cache(access.id, 0, 0, 1) }
    var (none, most) = (hsize_t(0), chdf5_unlimited())
    let space = try place.handle("create", closedBy: H5Sclose) { H5Screate_simple(1, &none, &most) }
    let handle = try place.handle("create", closedBy: H5Dclose) {
      H5Dcreate2(parent, name, type, space.id, chdf5_default(), creation.id, access.id)
    }
    return HDF5Dataset(adopting: handle, at: place)
  }
}
