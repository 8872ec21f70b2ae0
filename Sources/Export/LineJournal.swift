#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file to which one line is appended for every piece of finished work, so that a killed run loses none of it.
///
/// Each line goes to the system in one call before ``append(_:)`` returns; what a crash cut off has no line feed.
public final class LineJournal: Sendable {
  /// The file.
  public let path: String
  private let descriptor: Int32

  /// Starts a file with given lines, in place of an older one, and keeps it open.
  ///
  /// - Throws: ``ExportError``; an older file of the name stays then.
  public init(path: String, lines: [String]) throws(ExportError) {
    try TextFile.write(lines.map { $0 + "\n" }.joined(), to: path)
    let number = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard number >= 0 else { throw ExportError(path: path, systemError: errno) }
    self.path = path
    descriptor = number
  }

  deinit { close(descriptor) }

  /// Adds a line; callers take turns.
  ///
  /// - Throws: ``ExportError`` when the disk is full.
  public func append(_ line: String) throws(ExportError) {
    var rest = Array((line + "\n").utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if written < 0 {
        if errno == EINTR { continue }
        throw ExportError(path: path, systemError: errno)
      }
      rest = rest.dropFirst(written)
    }
  }

  /// Removes the file: its work is kept elsewhere.
  public func remove() { unlink(path) }

  /// The complete lines of a file; `nil` when there is none or it cannot be opened.
  public static func lines(of path: String) -> [String]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += piece[..<count]
    }
    let end = bytes.lastIndex(of: 0x0A) ?? 0
    return bytes[..<end].split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
  }
}
