import HDF5IO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that appears under its name only when it is complete.
///
/// Content goes to `NAME.part` in the same folder; ``commit()`` makes it durable and renames it.
/// A value that ends without a commit removes the part and leaves the old file as it was.
package struct AtomicFile: ~Copyable {
  /// The final name, as the user gave it.
  package let path: String
  /// Where to write meanwhile.
  package let partPath: String
  /// The final name with symbolic links followed.
  private let target: String

  /// Creates the empty part.
  ///
  /// - Throws: ``ExportError`` when the folder is missing or not writable, or the name belongs to something that is
  ///   no ordinary file, such as a folder or a device.
  package init(path: String) throws(ExportError) {
    let target = Self.resolved(path)
    let partPath = target + ".part"
    var status = stat()
    if stat(target, &status) == 0, status.st_mode & S_IFMT != S_IFREG { throw .notAFile(path: path) }
    let descriptor = open(partPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw ExportError(path: path, systemError: errno) }
    close(descriptor)
    self.path = path
    self.target = target
    self.partPath = partPath
  }

  deinit { unlink(partPath) }

  /// Makes the part durable and gives it the final name.
  ///
  /// - Throws: ``ExportError``; the part is removed then.
  package consuming func commit() throws(ExportError) {
    try synchronise()
    guard rename(partPath, target) == 0 else { throw ExportError(path: path, systemError: errno) }
    synchroniseFolder()
  }

  /// Writes one HDF5 file completely, or not at all.
  ///
  /// - Parameters:
  ///   - path: The final name.
  ///   - body: Fills the file; groups and columns it opens must end with it.
  /// - Throws: ``ExportError`` for everything the library or the system refuses.
  package static func writeHDF5(
    to path: String, _ body: (borrowing HDF5File) throws(HDF5Error) -> Void
  ) throws(ExportError) {
    let part = try AtomicFile(path: path)
    do throws(HDF5Error) {
      let file = try HDF5File.create(part.partPath)
      try body(file)
      try file.close()
    } catch {
      throw ExportError(error, path: path)
    }
    try part.commit()
  }

  private borrowing func synchronise() throws(ExportError) {
    let descriptor = open(partPath, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ExportError(path: path, systemError: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw ExportError(path: path, systemError: errno) }
  }

  /// Makes the new name durable. A folder that cannot be opened for it is no reason to fail: the file is complete.
  private borrowing func synchroniseFolder() {
    let name = target.lastIndex(of: "/").map { String(target[...$0]) } ?? "."
    let descriptor = open(name, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  /// The path behind a symbolic link; the path itself when there is nothing yet.
  private static func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }
}
