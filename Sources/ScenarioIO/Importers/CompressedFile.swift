import CZlib
import Foundation

/// Reads files that may be compressed with gzip; others are read as they are.
enum CompressedFile {
  /// Most bytes a file may hold once expanded.
  static let maximumBytes = 2_000_000_000

  /// The expanded content.
  ///
  /// - Throws: ``InputError``: missing, damaged or too long.
  static func load(path: String) throws(InputError) -> Data {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw failure(path, .missing, "no such file", "check the path")
    }
    guard !isFolder.boolValue, let file = gzopen(path, "rb") else {
      throw failure(path, .badInput, isFolder.boolValue ? "found a folder" : "cannot be opened", "expected a file")
    }
    defer { gzclose(file) }
    var data = Data()
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = gzread(file, &buffer, UInt32(buffer.count))
      guard count >= 0 else { throw failure(path, .badInput, "found a damaged gzip file", "copy it again") }
      if count == 0 { break }
      data.append(contentsOf: buffer.prefix(Int(count)))
      guard data.count <= maximumBytes else {
        throw failure(path, .badInput, "found more than 2 GB", "record fewer steps")
      }
    }
    var status: Int32 = 0
    _ = gzerror(file, &status)
    guard status == Z_OK || status == Z_STREAM_END else {
      throw failure(path, .badInput, "found a gzip file that ends early", "copy it again")
    }
    return data
  }

  private static func failure(
    _ path: String, _ kind: InputError.Kind, _ message: String, _ advice: String
  ) -> InputError {
    InputError(kind: kind, problems: [InputProblem(file: path, message: message, advice: advice)])
  }
}
