#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Bytes on their way into an atomic file, handed to the system in large pieces; compressed when its name ends in `.gz`.
package struct OutputFile: ~Copyable {
  /// Append here, then call ``drainWhenLarge()``.
  package var buffer: ByteBuffer
  private let descriptor: Descriptor
  private let file: AtomicFile
  private var gzip: GzipStream?
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
    let gzip = try Self.gzip(path)
    let file = try AtomicFile(path: path)
    let number = open(file.partPath, O_WRONLY | O_CLOEXEC)
    guard number >= 0 else { throw ExportError(path: path, systemError: errno) }
    self.file = file
    descriptor = Descriptor(number: number)
    buffer = ByteBuffer(capacity: Self.pieceBytes * 2)
    self.gzip = gzip
  }

  private static func gzip(_ path: String) throws(ExportError) -> GzipStream? {
    guard path.lowercased().hasSuffix(".gz") else { return nil }
    return try GzipStream(path: path)
  }

  /// Hands the buffer to the system when it holds a large piece.
  @inline(__always)
  package mutating func drainWhenLarge() throws(ExportError) {
    if buffer.count >= Self.pieceBytes { try drain(isLast: false) }
  }

  /// Writes the rest and gives the file its name.
  ///
  /// - Throws: ``ExportError``; nothing is left behind then.
  package consuming func commit() throws(ExportError) {
    try drain(isLast: true)
    try closeAndCommit()
  }

  private consuming func closeAndCommit() throws(ExportError) { try file.commit() }

  @inline(never)
  private mutating func drain(isLast: Bool) throws(ExportError) {
    let (number, path) = (descriptor.number, file.path)
    if gzip == nil {
      try Self.write(buffer.bytes, to: number, path: path)
    } else {
      try gzip?.compress(buffer.bytes, isLast: isLast) { bytes throws(ExportError) in
        try Self.write(bytes, to: number, path: path)
      }
    }
    buffer.removeAll()
  }

  private static func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String
  ) throws(ExportError) {
    var rest = bytes
    while !rest.isEmpty {
      #if canImport(Glibc)
        let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
      #else
        let written = Darwin.write(descriptor, rest.baseAddress, rest.count)
      #endif
      if written < 0 {
        if errno == EINTR { continue }
        throw ExportError(path: path, systemError: errno)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }
}
