import CHDF5
import CHDF5Shim

/// The number types that files hold, all little-endian.
package enum HDF5ScalarKind: String, CaseIterable, Hashable, Sendable {
  case int64
  case int32
  case uint8
  case uint16
  case float64

  /// Size of one element.
  package var byteCount: Int {
    switch self {
    case .int64, .float64: 8
    case .int32: 4
    case .uint16: 2
    case .uint8: 1
    }
  }

  /// The type as stored.
  var fileType: hid_t {
    switch self {
    case .int64: chdf5_file_int64()
    case .int32: chdf5_file_int32()
    case .uint8: chdf5_file_uint8()
    case .uint16: chdf5_file_uint16()
    case .float64: chdf5_file_float64()
    }
  }

  /// The type in memory.
  var memoryType: hid_t {
    switch self {
    case .int64: chdf5_memory_int64()
    case .int32: chdf5_memory_int32()
    case .uint8: chdf5_memory_uint8()
    case .uint16: chdf5_memory_uint16()
    case .float64: chdf5_memory_float64()
    }
  }

  /// The kind of a stored type; an enumeration counts as its numbers, `nil` when none of ours fits.
  init?(storedType type: hid_t) {
    let size = H5Tget_size(type)
    switch H5Tget_class(type) {
    case H5T_ENUM:
      guard size == 1 else { return nil }
      self = .uint8
    case H5T_FLOAT:
      guard size == 8 else { return nil }
      self = .float64
    case H5T_INTEGER:
      switch (size, H5Tget_sign(type) == H5T_SGN_2) {
      case (8, true): self = .int64
      case (4, true): self = .int32
      case (2, false): self = .uint16
      case (1, false): self = .uint8
      default: return nil
      }
    default: return nil
    }
  }
}

/// A Swift number that a file can hold as it is.
package protocol HDF5Scalar: BitwiseCopyable, Sendable {
  /// How the file stores it.
  static var hdf5Kind: HDF5ScalarKind { get }
  /// The value of untouched elements.
  static var hdf5Zero: Self { get }
}

extension Int64: HDF5Scalar {
  package static var hdf5Kind: HDF5ScalarKind { .int64 }
  package static var hdf5Zero: Int64 { 0 }
}

extension Int32: HDF5Scalar {
  package static var hdf5Kind: HDF5ScalarKind { .int32 }
  package static var hdf5Zero: Int32 { 0 }
}

extension UInt8: HDF5Scalar {
  package static var hdf5Kind: HDF5ScalarKind { .uint8 }
  package static var hdf5Zero: UInt8 { 0 }
}

extension UInt16: HDF5Scalar {
  package static var hdf5Kind: HDF5ScalarKind { .uint16 }
  package static var hdf5Zero: UInt16 { 0 }
}

extension Double: HDF5Scalar {
  package static var hdf5Kind: HDF5ScalarKind { .float64 }
  package static var hdf5Zero: Double { 0 }
}
