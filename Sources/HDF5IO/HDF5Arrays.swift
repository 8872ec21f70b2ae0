import CHDF5
import CHDF5Shim

extension HDF5Group {
  /// Writes one number.
  package func writeScalar<Element: HDF5Scalar>(_ name: String, _ value: Element) throws(HDF5Error) {
    let place = location.child(name)
    let list = try HDF5Storage.plainList(at: place)
    _ = try create(name, [value], shape: [], list.id, at: place)
  }

  /// Writes a list of numbers; contiguous unless storage is given.
  ///
  /// - Returns: The dataset, for its attributes.
  @discardableResult
  package func writeArray<Element: HDF5Scalar>(
    _ name: String, _ values: [Element], storage: HDF5Storage? = nil
  ) throws(HDF5Error) -> HDF5Dataset {
    try writeBlock(name, values, shape: [values.count], storage: storage)
  }

  /// Writes a table of numbers of one type, row after row; contiguous unless storage is given.
  ///
  /// - Precondition: `values.count == rows * columns`.
  @discardableResult
  package func writeMatrix<Element: HDF5Scalar>(
    _ name: String, _ values: [Element], rows: Int, columns: Int, storage: HDF5Storage? = nil
  ) throws(HDF5Error) -> HDF5Dataset {
    precondition(values.count == rows * columns, "the values fill the table")
    return try writeBlock(name, values, shape: [rows, columns], storage: storage)
  }

  /// Writes one text.
  @discardableResult
  package func writeText(_ name: String, _ text: String) throws(HDF5Error) -> HDF5Dataset {
    try writeTexts(name, [text], shape: [])
  }

  /// Writes a list of texts.
  @discardableResult
  package func writeTexts(_ name: String, _ texts: [String]) throws(HDF5Error) -> HDF5Dataset {
    try writeTexts(name, texts, shape: [texts.count])
  }

  private func writeTexts(_ name: String, _ texts: [String], shape: [Int]) throws(HDF5Error) -> HDF5Dataset {
    let place = location.child(name)
    let type = try HDF5Text.type(at: place)
    let list = try HDF5Storage.plainList(at: place)
    let dataset = try createDataset(name, type.id, try place.space(shape), list.id, at: place)
    let (id, typeID) = (dataset.objectID, type.id)
    if texts.isEmpty { return dataset }
    try HDF5Text.write(texts, at: place) {
      H5Dwrite(id, typeID, chdf5_everything(), chdf5_everything(), chdf5_default(), $0)
    }
    return dataset
  }

  private func writeBlock<Element: HDF5Scalar>(
    _ name: String, _ values: [Element], shape: [Int], storage: HDF5Storage?
  ) throws(HDF5Error) -> HDF5Dataset {
    let place = location.child(name)
    guard let storage, !values.isEmpty else {
      let list = try HDF5Storage.plainList(at: place)
      return try create(name, values, shape: shape, list.id, at: place)
    }
    let chunk = storage.chunk(for: shape)
    let list = try storage.creationList(chunk: chunk, elementBytes: Element.hdf5Kind.byteCount, at: place)
    return try create(name, values, shape: shape, list.id, at: place)
  }

  private func create<Element: HDF5Scalar>(
    _ name: String, _ values: [Element], shape: [Int], _ list: hid_t, at place: HDF5Location
  ) throws(HDF5Error) -> HDF5Dataset {
    let dataset = try createDataset(name, Element.hdf5Kind.fileType, try place.space(shape), list, at: place)
    let id = dataset.objectID
    if values.isEmpty { return dataset }
    try place.check("write") {
      values.withUnsafeBytes {
        H5Dwrite(
          id, Element.hdf5Kind.memoryType, chdf5_everything(), chdf5_everything(), chdf5_default(), $0.baseAddress)
      }
    }
    return dataset
  }

  func createDataset(
    _ name: String, _ type: hid_t, _ space: borrowing HDF5Handle, _ list: hid_t, at place: HDF5Location
  ) throws(HDF5Error) -> HDF5Dataset {
    let parent = objectID
    let spaceID = space.id
    let handle = try place.handle("create", closedBy: H5Dclose) {
      H5Dcreate2(parent, name, type, spaceID, chdf5_default(), list, chdf5_default())
    }
    return HDF5Dataset(adopting: handle, at: place)
  }
}

extension HDF5Storage {
  /// A chunk of about `chunkRows` elements: whole rows of the fastest axis where they fit.
  func chunk(for shape: [Int]) -> [Int] {
    var room = chunkRows
    var chunk: [Int] = []
    for extent in shape.reversed() {
      let size = max(1, min(extent, room))
      chunk.append(size)
      room /= size
    }
    return chunk.reversed()
  }
}
