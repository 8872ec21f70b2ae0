import CHDF5
import CHDF5Shim

/// How the rows of a dataset lie in the file.
package struct HDF5Storage: Hashable, Sendable {
  /// Rows per chunk; columns buffer this many before they write.
  package let chunkRows: Int
  /// Effort of gzip, 0 (none) to 9.
  package let gzipLevel: Int
  /// Whether bytes of equal weight are put together first, which helps gzip on integers.
  package let shuffle: Bool

  /// Describes chunked storage.
  ///
  /// - Precondition: `chunkRows >= 1` and `gzipLevel` in `0...9`.
  package init(chunkRows: Int = 65_536, gzipLevel: Int = 4, shuffle: Bool = true) {
    precondition(chunkRows >= 1, "a chunk needs a row")
    precondition((0...9).contains(gzipLevel), "gzip knows levels 0 to 9")
    self.chunkRows = chunkRows
    self.gzipLevel = gzipLevel
    self.shuffle = shuffle
  }

  /// The creation list of a dataset with these chunks; elements of one byte are never shuffled.
  func creationList(
    chunk: [Int], elementBytes: Int, at location: HDF5Location
  ) throws(HDF5Error) -> HDF5Handle {
    let list = try HDF5Storage.plainList(at: location)
    let id = list.id
    let sizes = chunk.map { hsize_t($0) }
    try location.check("create") { H5Pset_chunk(id, Int32(sizes.count), sizes) }
    if gzipLevel > 0 {
      if shuffle && elementBytes > 1 { try location.check("create") { H5Pset_shuffle(id) } }
      let level = UInt32(gzipLevel)
      try location.check("create") { H5Pset_deflate(id, level) }
    }
    return list
  }

  /// The creation list of a contiguous dataset; no dataset records a time.
  static func plainList(at location: HDF5Location) throws(HDF5Error) -> HDF5Handle {
    let list = try location.handle("create", closedBy: H5Pclose) { H5Pcreate(chdf5_dataset_creation()) }
    let id = list.id
    try location.check("create") { H5Pset_obj_track_times(id, false) }
    return list
  }
}
