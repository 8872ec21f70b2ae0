import CZlib

/// Compresses bytes piece by piece into the gzip format (RFC 1952), without a name or a time, so that equal content
/// gives equal bytes.
struct GzipStream: ~Copyable {
  /// The library keeps this address.
  private let stream: UnsafeMutablePointer<z_stream>
  private static var pieceBytes: Int { 1 << 17 }

  /// Prepares; `level` is 1 (fast) to 9 (small).
  ///
  /// - Throws: ``ExportError/cannotWrite(path:reason:)`` when memory is missing.
  init(level: Int32 = 4, path: String) throws(ExportError) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 bits of window, and 16 for the header and trailer of gzip.
    let status = deflateInit2_(
      stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw .cannotWrite(path: path, reason: "no memory to compress") }
  }

  deinit {
    deflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  /// Compresses bytes.
  ///
  /// - Parameters:
  ///   - bytes: What comes next.
  ///   - isLast: Whether nothing follows.
  ///   - write: Takes the compressed bytes.
  mutating func compress(
    _ bytes: UnsafeRawBufferPointer, isLast: Bool,
    _ write: (UnsafeRawBufferPointer) throws(ExportError) -> Void
  ) throws(ExportError) {
    let input = bytes.assumingMemoryBound(to: UInt8.self)
    stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
    stream.pointee.avail_in = UInt32(bytes.count)
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceBytes, alignment: 1)
    defer { piece.deallocate() }
    repeat {
      stream.pointee.next_out = piece.assumingMemoryBound(to: UInt8.self).baseAddress
      stream.pointee.avail_out = UInt32(piece.count)
      _ = deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
      try write(UnsafeRawBufferPointer(rebasing: piece[..<(piece.count - Int(stream.pointee.avail_out))]))
    } while stream.pointee.avail_out == 0
  }
}
