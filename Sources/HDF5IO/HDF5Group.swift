import CHDF5
import CHDF5Shim

/// Anything that carries attributes.
package protocol HDF5Object: ~Copyable {
  /// The library's identifier, valid while the object lives.
  var objectID: Int64 { get }
  /// Where the object lives.
  var location: HDF5Location { get }
}

/// One folder inside a file.
package struct HDF5Group: ~Copyable, HDF5Object {
  private let handle: HDF5Handle
  package let location: HDF5Location
  package var objectID: Int64 { handle.id }

  init(adopting handle: consuming HDF5Handle, at location: HDF5Location) {
    self.handle = handle
    self.location = location
  }

  /// What a name inside a group stands for.
  package enum ChildKind: Hashable, Sendable {
    case group
    case dataset
    case datatype
  }

  /// Creates a group; its parent must exist.
  package func createGroup(_ name: String) throws(HDF5Error) -> HDF5Group {
    let place = location.child(name)
    let parent = objectID
    let creation = try place.handle("create", closedBy: H5Pclose) { H5Pcreate(chdf5_group_creation()) }
    try place.check("create") { H5Pset_obj_track_times(creation.id, false) }
    try place.check("create") { H5Pset_link_creation_order(creation.id, chdf5_creation_order()) }
    let handle = try place.handle("create", closedBy: H5Gclose) {
      H5Gcreate2(parent, name, chdf5_default(), creation.id, chdf5_default())
    }
    return HDF5Group(adopting: handle, at: place)
  }

  /// Opens a group, by a path relative to this one or an absolute one.
  package func group(_ path: String) throws(HDF5Error) -> HDF5Group {
    let place = location.child(path)
    let parent = objectID
    let handle = try place.handle("open", closedBy: H5Gclose) { H5Gopen2(parent, path, chdf5_default()) }
    return HDF5Group(adopting: handle, at: place)
  }

  /// Opens a dataset, by a path relative to this group or an absolute one.
  package func dataset(_ path: String) throws(HDF5Error) -> HDF5Dataset {
    let place = location.child(path)
    let parent = objectID
    let handle = try place.handle("open", closedBy: H5Dclose) { H5Dopen2(parent, path, chdf5_default()) }
    return HDF5Dataset(adopting: handle, at: place)
  }

  /// Whether something has this path; every step of it is looked up.
  package func contains(_ path: String) throws(HDF5Error) -> Bool {
    var prefix = path.hasPrefix("/") ? "/" : ""
    let parent = objectID
    for step in path.split(separator: "/") {
      prefix += prefix.isEmpty || prefix == "/" ? String(step) : "/" + step
      let found = try location.check("look up \(path) in") { H5Lexists(parent, prefix, chdf5_default()) }
      if found == 0 { return false }
    }
    return true
  }

  /// What a child is.
  package func kind(of path: String) throws(HDF5Error) -> ChildKind {
    let place = location.child(path)
    let parent = objectID
    let object = try place.handle("open", closedBy: H5Oclose) { H5Oopen(parent, path, chdf5_default()) }
    switch H5Iget_type(object.id) {
    case H5I_GROUP: return .group
    case H5I_DATASET: return .dataset
    case H5I_DATATYPE: return .datatype
    default: throw place.error("open", "neither a group nor a dataset nor a datatype")
    }
  }

  /// Names of the children: in the order of their creation where the file keeps it, else sorted.
  package func children() throws(HDF5Error) -> [String] {
    let id = objectID
    var info = H5G_info_t()
    try location.check("list") { H5Gget_info(id, &info) }
    let order = try keepsCreationOrder() ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME
    var names: [String] = []
    for index in 0..<info.nlinks { names.append(try childName(index, order)) }
    return names
  }

  private func childName(_ index: hsize_t, _ order: H5_index_t) throws(HDF5Error) -> String {
    let id = objectID
    let length = try location.check("list") {
      H5Lget_name_by_idx(id, ".", order, H5_ITER_INC, index, nil, 0, chdf5_default())
    }
    var name = [CChar](repeating: 0, count: length + 1)
    try location.check("list") {
      H5Lget_name_by_idx(id, ".", order, H5_ITER_INC, index, &name, length + 1, chdf5_default())
    }
    return String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private func keepsCreationOrder() throws(HDF5Error) -> Bool {
    let id = objectID
    let creation = try location.handle("list", closedBy: H5Pclose) { H5Gget_create_plist(id) }
    var flags: UInt32 = 0
    try location.check("list") { H5Pget_link_creation_order(creation.id, &flags) }
    return flags & chdf5_creation_order() == chdf5_creation_order()
  }

  consuming func closeHandle() -> herr_t { handle.close() }
}
