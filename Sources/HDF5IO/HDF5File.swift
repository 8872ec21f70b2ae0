import CHDF5
import CHDF5Shim

/// One HDF5 file, written from scratch or read.
///
/// The format is that of HDF5 1.8, as netCDF-4 writes it: every reader in use knows it, and its metadata carry check sums.
/// No object records a time, so equal content gives equal bytes.
package struct HDF5File: ~Copyable {
  /// The top group.
  package let root: HDF5Group
  private let handle: HDF5Handle
  private let location: HDF5Location

  /// Creates a file; what was under the path is lost.
  ///
  /// - Throws: ``HDF5Error`` when the path cannot be written.
  package static func create(_ path: String) throws(HDF5Error) -> HDF5File {
    let location = HDF5Location(file: path, object: "/")
    let access = try accessList(location)
    let creation = try location.handle("create", closedBy: H5Pclose) { H5Pcreate(chdf5_file_creation()) }
    try location.check("create") { H5Pset_obj_track_times(creation.id, false) }
    try location.check("create") { H5Pset_link_creation_order(creation.id, chdf5_creation_order()) }
    let handle = try location.handle("create", closedBy: H5Fclose) {
      H5Fcreate(path, chdf5_truncate(), creation.id, access.id)
    }
    return try HDF5File(adopting: handle, at: location)
  }

  /// Opens a file for reading only.
  ///
  /// - Throws: ``HDF5Error`` when there is none, or when it is truncated, damaged or no HDF5 file.
  package static func open(_ path: String) throws(HDF5Error) -> HDF5File {
    let location = HDF5Location(file: path, object: "/")
    let access = try accessList(location)
    let handle = try location.handle("open", closedBy: H5Fclose) { H5Fopen(path, chdf5_read_only(), access.id) }
    return try HDF5File(adopting: handle, at: location)
  }

  private init(adopting handle: consuming HDF5Handle, at location: HDF5Location) throws(HDF5Error) {
    let id = handle.id
    let top = try location.handle("open", closedBy: H5Gclose) { H5Gopen2(id, "/", chdf5_default()) }
    self.root = HDF5Group(adopting: top, at: location)
    self.handle = handle
    self.location = location
  }

  /// Hands everything written so far to the system, so that a killed run leaves a file that opens.
  ///
  /// Columns keep their unfinished chunk: flush them first.
  package func flush() throws(HDF5Error) {
    let id = handle.id
    try location.check("write") { H5Fflush(id, H5F_SCOPE_GLOBAL) }
  }

  /// Writes the rest and closes.
  ///
  /// - Throws: ``HDF5Error`` when the disk is full, or when a group, dataset or column of the file is still alive.
  package consuming func close() throws(HDF5Error) {
    try flush()
    let location = self.location
    let id = handle.id
    // The file itself and its top group are two.
    let alive = try location.check("close") { H5Fget_obj_count(id, chdf5_every_object()) } - 2
    guard alive == 0 else { throw location.error("close", "\(alive) objects of the file are still open") }
    try closeHandles(at: location)
  }

  private consuming func closeHandles(at location: HDF5Location) throws(HDF5Error) {
    let top = root.closeHandle()
    let file = handle.close()
    try location.check("close") { min(top, file) }
  }

  private static func accessList(_ location: HDF5Location) throws(HDF5Error) -> HDF5Handle {
    let list = try location.handle("open", closedBy: H5Pclose) { H5Pcreate(chdf5_file_access()) }
    let id = list.id
    try location.check("open") { H5Pset_libver_bounds(id, H5F_LIBVER_V18, H5F_LIBVER_V110) }
    // Locks are taken where the file system has them; some cluster file systems have none.
    try location.check("open") { H5Pset_file_locking(id, true, true) }
    return list
  }
}
