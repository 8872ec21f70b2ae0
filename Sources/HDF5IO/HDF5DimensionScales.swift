import CHDF5
import CHDF5Shim

/// Which dataset names which axis of which other datasets: the HDF5 dimension scales of netCDF-4.
///
/// A plan of names, filled while the datasets are written and put into the file once at the end
/// (HDF5 Dimension Scale Specification 1.1: attributes CLASS, NAME, DIMENSION_LIST, REFERENCE_LIST).
package struct HDF5DimensionScales: Hashable, Sendable {
  private struct Use: Hashable, Sendable {
    let dataset: String
    let axis: Int32
  }

  private struct Attachment: Hashable, Sendable {
    let dataset: String
    let axes: [String]
  }

  /// Scales in order of declaration, absolute paths.
  private var scales: [String] = []
  /// Uses of each scale, same order.
  private var uses: [[Use]] = []
  /// Datasets with named axes, in order of attachment.
  private var attachments: [Attachment] = []

  /// Starts with no scale.
  package init() {}

  /// Declares a one-dimensional dataset a scale; its own axis bears its name.
  package mutating func declare(_ scale: String) {
    guard !scales.contains(scale) else { return }
    scales.append(scale)
    uses.append([])
  }

  /// Names every axis of a dataset by the paths of scales, slowest axis first; undeclared scales are declared.
  package mutating func attach(_ axes: [String], to dataset: String) {
    precondition(!attachments.contains { $0.dataset == dataset }, "axes are named once")
    for (axis, scale) in axes.enumerated() {
      declare(scale)
      guard let index = scales.firstIndex(of: scale) else { continue }
      uses[index].append(Use(dataset: dataset, axis: Int32(axis)))
    }
    attachments.append(Attachment(dataset: dataset, axes: axes))
  }

  /// Writes the attributes. All datasets named must exist; call once, before closing.
  package func write(into root: borrowing HDF5Group) throws(HDF5Error) {
    for (scale, uses) in zip(scales, uses) { try writeScale(scale, uses, root) }
    for attachment in attachments { try writeAxes(attachment.dataset, attachment.axes, root) }
  }

  private func writeScale(_ path: String, _ uses: [Use], _ root: borrowing HDF5Group) throws(HDF5Error) {
    let dataset = try root.dataset(path)
    let name = path.split(separator: "/").last.map { String($0) } ?? path
    try dataset.writeFixedText("CLASS", "DIMENSION_SCALE")
    try dataset.writeFixedText("NAME", name)
    if uses.isEmpty { return }
    let place = dataset.location.child("@REFERENCE_LIST")
    let type = try referenceListType(at: place)
    let attribute = try dataset.createAttribute("REFERENCE_LIST", type.id, count: uses.count, at: place)
    // 8 bytes of address, 4 of axis, 4 of padding that must be zero for equal files.
    var bytes: [UInt8] = []
    for use in uses {
      withUnsafeBytes(of: try root.reference(to: use.dataset)) { bytes.append(contentsOf: $0) }
      withUnsafeBytes(of: Int64(use.axis)) { bytes.append(contentsOf: $0) }
    }
    let (id, typeID) = (attribute.id, type.id)
    try place.check("write") { bytes.withUnsafeBytes { H5Awrite(id, typeID, $0.baseAddress) } }
  }

  private func referenceListType(at place: HDF5Location) throws(HDF5Error) -> HDF5Handle {
    let type = try place.handle("create", closedBy: H5Tclose) { H5Tcreate(H5T_COMPOUND, 16) }
    let id = type.id
    try place.check("create") { H5Tinsert(id, "dataset", 0, chdf5_object_reference()) }
    try place.check("create") { H5Tinsert(id, "dimension", 8, chdf5_memory_int32()) }
    return type
  }

  private func writeAxes(_ path: String, _ axes: [String], _ root: borrowing HDF5Group) throws(HDF5Error) {
    let dataset = try root.dataset(path)
    let place = dataset.location.child("@DIMENSION_LIST")
    let type = try place.handle("create", closedBy: H5Tclose) { H5Tvlen_create(chdf5_object_reference()) }
    let attribute = try dataset.createAttribute("DIMENSION_LIST", type.id, count: axes.count, at: place)
    var references: [hobj_ref_t] = []
    for axis in axes { references.append(try root.reference(to: axis)) }
    let (id, typeID) = (attribute.id, type.id)
    try place.check("write") {
      references.withUnsafeMutableBufferPointer { buffer in
        let lists = buffer.indices.map { index in hvl_t(len: 1, p: buffer.baseAddress.map { $0 + index }) }
        return lists.withUnsafeBytes { H5Awrite(id, typeID, $0.baseAddress) }
      }
    }
  }
}

extension HDF5Group {
  /// The address of an object, as files store it.
  fileprivate func reference(to path: String) throws(HDF5Error) -> hobj_ref_t {
    var reference: hobj_ref_t = 0
    let id = objectID
    try location.child(path).check("refer to") { H5Rcreate(&reference, id, path, H5R_OBJECT, -1) }
    return reference
  }
}

extension HDF5Dataset {
  /// Writes a fixed-length, zero-terminated text attribute, which the scale specification wants.
  fileprivate func writeFixedText(_ name: String, _ text: String) throws(HDF5Error) {
    let place = location.child("@" + name)
    let bytes = Array(text.utf8) + [0]
    let type = try place.handle("create", closedBy: H5Tclose) { H5Tcopy(chdf5_c_string()) }
    let typeID = type.id
    try place.check("create") { H5Tset_size(typeID, bytes.count) }
    let attribute = try createAttribute(name, typeID, count: nil, at: place)
    let id = attribute.id
    try place.check("write") { bytes.withUnsafeBytes { H5Awrite(id, typeID, $0.baseAddress) } }
  }
}
