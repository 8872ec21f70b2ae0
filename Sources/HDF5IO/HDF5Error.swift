import CHDF5Shim

/// What the HDF5 library, or a check before it, refused to do.
public struct HDF5Error: Error, Hashable, Sendable {
  /// What was tried and on which object, such as `read /events/start`.
  public let operation: String
  /// The file.
  public let path: String
  /// The innermost message of the library, on one line; the system's own words where the system refused.
  public let reason: String
  /// The system's error number, where the system refused.
  public let systemError: Int32?

  /// States a refusal.
  public init(operation: String, path: String, reason: String, systemError: Int32? = nil) {
    self.operation = operation
    self.path = path
    self.reason = reason
    self.systemError = systemError
  }

  /// Takes the reason from this thread's error stack of the library.
  init(operation: String, path: String) {
    let message = Self.innermostMessage()
    let system = Self.text(in: message, after: "error message = '", before: "'")
    let number = Self.text(in: message, after: "errno = ", before: ",").flatMap { Int32($0) }
    self.init(
      operation: operation, path: path, reason: system ?? (message.isEmpty ? "no reason given" : message),
      systemError: system == nil ? nil : number)
  }

  private static func innermostMessage() -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { text in
      text.initialize(repeating: 0)
      chdf5_innermost_message(text.baseAddress, text.count)
      return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  /// The part of a message between two marks.
  private static func text(in message: String, after mark: String, before end: Character) -> String? {
    let bytes = Array(message.utf8)
    let wanted = Array(mark.utf8)
    guard bytes.count > wanted.count else { return nil }
    let start = (0...(bytes.count - wanted.count)).first { bytes[$0...].starts(with: wanted) }
    guard let start, let stop = end.asciiValue else { return nil }
    let rest = bytes[(start + wanted.count)...]
    return String(decoding: rest.prefix { $0 != stop }, as: UTF8.self)
  }
}

extension HDF5Error: CustomStringConvertible {
  /// Where, what was tried, why not.
  public var description: String { "\(path): cannot \(operation): \(reason)" }
}
