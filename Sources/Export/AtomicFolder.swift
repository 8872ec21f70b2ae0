#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A folder of files that appears under its name only when all of them are complete.
///
/// Files go to `NAME.part` meanwhile. An older folder of the name is replaced when it holds nothing but files of the same
/// kind; a value that ends without a commit leaves it as it was.
package struct AtomicFolder: ~Copyable {
  /// The final name, without slashes at the end.
  package let path: String
  /// Where the files are written.
  package let partPath: String
  private let isOurs: @Sendable (String) -> Bool

  /// Creates the empty part.
  ///
  /// - Parameters:
  ///   - path: The final name.
  ///   - isOurs: Whether a file of this name may be replaced.
  /// - Throws: ``ExportError`` when the parent is missing or not writable, when the name belongs to a file, or when the
  ///   folder holds other files.
  package init(path: String, replacing isOurs: @escaping @Sendable (String) -> Bool) throws(ExportError) {
    var name = path
    while name.count > 1, name.hasSuffix("/") { name.removeLast() }
    var status = stat()
    if stat(name, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else { throw .notAFolder(path: name) }
      if let other = Self.names(in: name).first(where: { !isOurs($0) }) {
        throw .folderInUse(path: name, by: other)
      }
    }
    Self.remove(name + ".part")
    guard mkdir(name + ".part", 0o777) == 0 else { throw ExportError(path: name, systemError: errno) }
    self.path = name
    partPath = name + ".part"
    self.isOurs = isOurs
  }

  deinit { Self.remove(partPath) }

  /// Gives the folder its final name.
  ///
  /// - Throws: ``ExportError``; the older folder is in its place then.
  package consuming func commit() throws(ExportError) {
    if rename(partPath, path) == 0 { return }
    // A folder with files in it cannot be renamed over: it steps aside first.
    let aside = path + ".old"
    Self.remove(aside)
    guard rename(path, aside) == 0 else { throw ExportError(path: path, systemError: errno) }
    guard rename(partPath, path) == 0 else {
      let reason = errno
      rename(aside, path)
      throw ExportError(path: path, systemError: reason)
    }
    Self.remove(aside)
  }

  /// Names of the files in a folder, sorted; none when there is no such folder.
  private static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Removes a folder and the files in it; folders below are left alone.
  private static func remove(_ folder: String) {
    for name in names(in: folder) { unlink(folder + "/" + name) }
    rmdir(folder)
  }
}
