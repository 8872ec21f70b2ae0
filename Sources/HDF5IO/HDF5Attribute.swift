import CHDF5
import CHDF5Shim

/// The value of an attribute.
package enum HDF5Attribute: Hashable, Sendable {
  case text(String)
  case texts([String])
  case integer(Int64)
  case integers([Int64])
  case bytes([UInt8])
  case real(Double)
  case reals([Double])
}

extension HDF5Object where Self: ~Copyable {
  /// Writes an attribute; text becomes variable-length UTF-8.
  ///
  /// - Throws: ``HDF5Error`` when the object already has it.
  package func setAttribute(_ name: String, _ value: HDF5Attribute) throws(HDF5Error) {
    switch value {
    case .text(let text): try writeTexts(name, [text], count: nil)
    case .texts(let texts): try writeTexts(name, texts, count: texts.count)
    case .integer(let number): try writeNumbers(name, [number], count: nil)
    case .integers(let numbers): try writeNumbers(name, numbers, count: numbers.count)
    case .bytes(let numbers): try writeNumbers(name, numbers, count: numbers.count)
    case .real(let number): try writeNumbers(name, [number], count: nil)
    case .reals(let numbers): try writeNumbers(name, numbers, count: numbers.count)
    }
  }

  /// Names of the attributes, sorted.
  package func attributeNames() throws(HDF5Error) -> [String] {
    let object = objectID
    let count = try location.check("list attributes of") { H5Aget_num_attrs(object) }
    var names: [String] = []
    for index in 0..<hsize_t(count) {
      let attribute = try location.handle("list attributes of", closedBy: H5Aclose) {
        H5Aopen_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, index, chdf5_default(), chdf5_default())
      }
      let length = try location.check("list attributes of") { H5Aget_name(attribute.id, 0, nil) }
      var name = [CChar](repeating: 0, count: length + 1)
      try location.check("list attributes of") { H5Aget_name(attribute.id, length + 1, &name) }
      names.append(String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    return names
  }

  /// Reads an attribute; `nil` when the object has none of this name.
  ///
  /// - Throws: ``HDF5Error`` when it is neither text nor numbers.
  package func attribute(_ name: String) throws(HDF5Error) -> HDF5Attribute? {
    let object = objectID
    let place = location.child("@" + name)
    guard try place.check("look up", { H5Aexists(object, name) }) > 0 else { return nil }
    let attribute = try place.handle("read", closedBy: H5Aclose) { H5Aopen(object, name, chdf5_default()) }
    let type = try place.handle("read", closedBy: H5Tclose) { H5Aget_type(attribute.id) }
    let space = try place.handle("read", closedBy: H5Sclose) { H5Aget_space(attribute.id) }
    let count = try attributeCount(space.id, at: place)
    switch H5Tget_class(type.id) {
    case H5T_STRING:
      let id = attribute.id
      let texts = try HDF5Text.read(count: count ?? 1, storedType: type.id, of: object, at: place) {
        H5Aread(id, $0, $1)
      }
      return count == nil ? texts.first.map { .text($0) } : .texts(texts)
    case H5T_INTEGER where count != nil && HDF5ScalarKind(storedType: type.id) == .uint8:
      return .bytes(try numbers(attribute.id, count ?? 1, at: place))
    case H5T_INTEGER:
      let values: [Int64] = try numbers(attribute.id, count ?? 1, at: place)
      return count == nil ? values.first.map { .integer($0) } : .integers(values)
    case H5T_FLOAT:
      let values: [Double] = try numbers(attribute.id, count ?? 1, at: place)
      return count == nil ? values.first.map { .real($0) } : .reals(values)
    default: throw place.error("read", "neither text nor numbers")
    }
  }

  /// Elements of an attribute; `nil` for a scalar.
  private func attributeCount(_ space: hid_t, at place: HDF5Location) throws(HDF5Error) -> Int? {
    if H5Sget_simple_extent_type(space) == H5S_SCALAR { return nil }
    let count = try place.check("read") { H5Sget_simple_extent_npoints(space) }
    // The format keeps attributes below 64 KiB unless they are stored apart; ours are small.
    guard count <= 1 << 20 else { throw place.error("read", "claims \(count) elements") }
    return Int(count)
  }

  private func numbers<Element: HDF5Scalar>(
    _ attribute: hid_t, _ count: Int, at place: HDF5Location
  ) throws(HDF5Error) -> [Element] {
    var values = [Element](repeating: .hdf5Zero, count: count)
    try place.check("read") {
      values.withUnsafeMutableBytes { H5Aread(attribute, Element.hdf5Kind.memoryType, $0.baseAddress) }
    }
    return values
  }

  private func writeTexts(_ name: String, _ texts: [String], count: Int?) throws(HDF5Error) {
    let place = location.child("@" + name)
    let type = try HDF5Text.type(at: place)
    let attribute = try createAttribute(name, type.id, count: count, at: place)
    let (id, typeID) = (attribute.id, type.id)
    try HDF5Text.write(texts, at: place) { H5Awrite(id, typeID, $0) }
  }

  private func writeNumbers<Element: HDF5Scalar>(
    _ name: String, _ values: [Element], count: Int?
  ) throws(HDF5Error) {
    let place = location.child("@" + name)
    let attribute = try createAttribute(name, Element.hdf5Kind.fileType, count: count, at: place)
    let id = attribute.id
    try place.check("write") {
      values.withUnsafeBytes { H5Awrite(id, Element.hdf5Kind.memoryType, $0.baseAddress) }
    }
  }

  /// Creates an attribute without a value; a `nil` count makes a scalar.
  func createAttribute(
    _ name: String, _ type: hid_t, count: Int?, at place: HDF5Location
  ) throws(HDF5Error) -> HDF5Handle {
    let object = objectID
    let space = try place.space(count.map { [$0] } ?? [])
    return try place.handle("create", closedBy: H5Aclose) {
      H5Acreate2(object, name, type, space.id, chdf5_default(), chdf5_default())
    }
  }
}

extension HDF5Location {
  /// A dataspace of a fixed shape; the empty shape is a scalar.
  func space(_ shape: [Int]) throws(HDF5Error) -> HDF5Handle {
    let sizes = shape.map { hsize_t($0) }
    return try handle("create", closedBy: H5Sclose) {
      sizes.isEmpty ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(sizes.count), sizes, nil)
    }
  }
}
