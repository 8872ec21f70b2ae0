import CHDF5
import CHDF5Shim

/// One named value of an enumeration.
package struct HDF5Label: Hashable, Sendable {
  /// The number in the data.
  package let value: UInt8
  /// Its name.
  package let name: String

  /// Names a number.
  package init(value: UInt8, name: String) {
    self.value = value
    self.name = name
  }

  /// The members of a stored enumeration of one-byte numbers, sorted by value.
  static func all(of type: hid_t, at location: HDF5Location) throws(HDF5Error) -> [HDF5Label] {
    guard H5Tget_size(type) == 1 else { throw location.error("read the labels of", "values wider than a byte") }
    let count = try location.check("read the labels of") { H5Tget_nmembers(type) }
    var labels: [HDF5Label] = []
    for index in 0..<UInt32(count) {
      var value: UInt8 = 0
      try location.check("read the labels of") { H5Tget_member_value(type, index, &value) }
      guard let name = H5Tget_member_name(type, index) else { throw location.error("read the labels of", "no name") }
      labels.append(HDF5Label(value: value, name: String(cString: name)))
      H5free_memory(name)
    }
    return labels.sorted { $0.value < $1.value }
  }
}

/// An enumeration over one-byte numbers that stands as a named type in the file.
///
/// Named, because some readers drop variables whose enumeration has no name in the file.
package struct HDF5Enumeration: ~Copyable, HDF5Object {
  private let handle: HDF5Handle
  package let location: HDF5Location
  /// Its members, sorted by value.
  package let labels: [HDF5Label]
  package var objectID: Int64 { handle.id }

  init(adopting handle: consuming HDF5Handle, _ labels: [HDF5Label], at location: HDF5Location) {
    self.handle = handle
    self.labels = labels
    self.location = location
  }
}

extension HDF5Group {
  /// Commits an enumeration whose values count from 0.
  ///
  /// - Precondition: 1 to 256 names, all different.
  package func createEnumeration(_ name: String, names: [String]) throws(HDF5Error) -> HDF5Enumeration {
    precondition((1...256).contains(names.count), "a byte numbers 1 to 256 names")
    precondition(Set(names).count == names.count, "names differ")
    let place = location.child(name)
    let labels = names.enumerated().map { HDF5Label(value: UInt8($0.offset), name: $0.element) }
    let type = try place.handle("create", closedBy: H5Tclose) { H5Tenum_create(chdf5_file_uint8()) }
    let (id, parent) = (type.id, objectID)
    for label in labels {
      var value = label.value
      try place.check("create") { H5Tenum_insert(id, label.name, &value) }
    }
    let creation = try place.handle("create", closedBy: H5Pclose) { H5Pcreate(chdf5_datatype_creation()) }
    try place.check("create") { H5Pset_obj_track_times(creation.id, false) }
    try place.check("create") { H5Tcommit2(parent, name, id, chdf5_default(), creation.id, chdf5_default()) }
    return HDF5Enumeration(adopting: type, labels, at: place)
  }

  /// Writes one value of an enumeration, with `flag_values` and `flag_meanings`.
  ///
  /// - Precondition: The enumeration has the value.
  @discardableResult
  package func writeScalar(
    _ name: String, _ value: UInt8, of enumeration: borrowing HDF5Enumeration
  ) throws(HDF5Error) -> HDF5Dataset {
    let place = location.child(name)
    let list = try HDF5Storage.plainList(at: place)
    let dataset = try createDataset(name, enumeration.objectID, try place.space([]), list.id, at: place)
    let (id, type) = (dataset.objectID, enumeration.objectID)
    var value = value
    try place.check("write") { H5Dwrite(id, type, chdf5_everything(), chdf5_everything(), chdf5_default(), &value) }
    try dataset.describeFlags(enumeration.labels)
    return dataset
  }

  /// Opens a named enumeration of one-byte numbers.
  package func enumeration(_ path: String) throws(HDF5Error) -> HDF5Enumeration {
    let place = location.child(path)
    let parent = objectID
    let type = try place.handle("open", closedBy: H5Tclose) { H5Topen2(parent, path, chdf5_default()) }
    guard H5Tget_class(type.id) == H5T_ENUM else { throw place.error("open", "is no enumeration") }
    let labels = try HDF5Label.all(of: type.id, at: place)
    return HDF5Enumeration(adopting: type, labels, at: place)
  }
}

extension HDF5Object where Self: ~Copyable {
  /// Writes the labels once more as `flag_values` and `flag_meanings` (CF conventions 1.11, section 3.5).
  func describeFlags(_ labels: [HDF5Label]) throws(HDF5Error) {
    try setAttribute("flag_values", .bytes(labels.map { $0.value }))
    let words = labels.map { $0.name.split(separator: " ").joined(separator: "_") }
    try setAttribute("flag_meanings", .text(words.joined(separator: " ")))
  }
}
