import CHDF5
import CHDF5Shim

/// One identifier of the library, closed exactly once.
struct HDF5Handle: ~Copyable {
  typealias Closer = @convention(c) (hid_t) -> herr_t

  let id: hid_t
  private let closer: Closer

  init(_ id: hid_t, _ closer: @escaping Closer) {
    self.id = id
    self.closer = closer
  }

  deinit {
    chdf5_silence_thread()
    _ = closer(id)
  }

  /// Closes now, and tells how it went.
  consuming func close() -> herr_t {
    let status = closer(id)
    discard self
    return status
  }
}

/// Where an object lives: what error messages name.
package struct HDF5Location: Hashable, Sendable {
  /// The file.
  package let file: String
  /// The object inside the file, an absolute path.
  package let object: String

  /// The location of a child.
  func child(_ name: String) -> HDF5Location {
    if name.hasPrefix("/") { return HDF5Location(file: file, object: name) }
    return HDF5Location(file: file, object: object == "/" ? "/" + name : object + "/" + name)
  }

  /// A refusal of a check of our own.
  package func error(_ verb: String, _ reason: String) -> HDF5Error {
    HDF5Error(operation: "\(verb) \(object)", path: file, reason: reason)
  }

  /// The one gate to the library: silent on stderr, negative status becomes an error.
  @discardableResult
  func check<Status: SignedInteger>(_ verb: String, _ call: () -> Status) throws(HDF5Error) -> Status {
    chdf5_silence_thread()
    let status = call()
    guard status >= 0 else { throw HDF5Error(operation: "\(verb) \(object)", path: file) }
    return status
  }

  /// The gate for calls that return an identifier.
  func handle(
    _ verb: String, closedBy closer: @escaping HDF5Handle.Closer, _ call: () -> hid_t
  ) throws(HDF5Error) -> HDF5Handle {
    HDF5Handle(try check(verb, call), closer)
  }
}
