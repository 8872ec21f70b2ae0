#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Bytes on their way into an atomic file, handed to the system in large pieces.
package struct OutputFile: ~Copyable {
  /// Append here, then call ``drainWhenLarge()``.
  package var buffer: ByteBuffer
  private let descriptor: Descriptor
  private let file: AtomicFile
  private static var pieceBytes: Int { 1 << 18 }

  /// An open file, closed once.
  private struct Descriptor: ~Copyable {
    let number: Int32
    deinit { close(number) }
  }

  /// Opens the part of an atomic file.
  ///
  /// - Throws: ``ExportError`` as ``AtomicFile/init(path:)`` does.
  package init(path: String) throws(ExportError) {
    let file = try AtomicFile(path: path)
    let number = open(file.partPath, O_WRONLY | O_CLOEXEC)
    guard number >= 0 else { throw ExportError(path: path, systemError: errno) }
    self.file = file
    descriptor = Descriptor(number: number)
    buffer = ByteBuffer(capacity: Self.pieceBytes * 2)
  }

  /// Hands the buffer to the system when it holds a large piece.
  @inline(__always)
  package mutating func drainWhenLarge() throws(ExportError) {
    if buffer.count >= Self.pieceBytes { try drain() }
  }

  /// Writes the rest and gives the file its name.
  ///
  /// - Throws: ``ExportError``; nothing is left behind then.
  package consuming func commit() throws(ExportError) {
    try drain()
    try closeAndCommit()
  }

  private consuming func closeAndCommit() throws(ExportError) { try file.commit() }

  @inline(never)
  private mutating func drain() throws(ExportError) {
    var rest = buffer.bytes
    while !rest.isEmpty {
      let written = write(descriptor.number, rest.baseAddress, rest.count)
      if written < 0 {
        if errno == EINTR { continue }
        throw ExportError(path: file.path, systemError: errno)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
    buffer.removeAll()
  }
}
