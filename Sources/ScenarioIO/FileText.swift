import Foundation

/// Reads a text file without trusting it.
enum FileText {
  /// The text of a file of at most `limit` bytes, its byte-order mark removed.
  ///
  /// - Throws: ``InputError``: `missing` when it cannot be opened; `badInput` when it is too long, not text or empty.
  static func load(path: String, limit: Int = SourceDocument.maximumBytes) throws(InputError) -> String {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw failure(path, .missing, "no such file", "check the path")
    }
    guard !isDirectory.boolValue else { throw failure(path, .badInput, "found a folder", "expected a file") }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw failure(path, .missing, "cannot be opened", "check its permissions")
    }
    defer { try? handle.close() }
    return try text(of: read(handle, path: path, limit: limit), path: path, limit: limit)
  }

  /// At most one byte more than the limit, so that endless files (devices, pipes) end.
  private static func read(_ handle: FileHandle, path: String, limit: Int) throws(InputError) -> Data {
    var data = Data()
    do {
      while data.count <= limit {
        let missing = limit + 1 - data.count
        guard let part = try handle.read(upToCount: missing), !part.isEmpty else { break }
        data.append(part)
      }
    } catch { throw failure(path, .missing, "cannot be read", "check its permissions") }
    return data
  }

  private static func text(of data: Data, path: String, limit: Int) throws(InputError) -> String {
    guard data.count <= limit else {
      let size = "\(limit / 1_048_576) MiB"
      throw failure(path, .badInput, "found more than \(size)", "expected a file of at most \(size)")
    }
    guard !data.contains(0) else {
      throw failure(path, .badInput, "found a binary file (it has NUL bytes)", "expected YAML or JSON text")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw failure(path, .badInput, "found bytes that are not UTF-8", "expected UTF-8 text")
    }
    let content = text.unicodeScalars.first == "\u{feff}" ? String(text.unicodeScalars.dropFirst()) : text
    guard content.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
      throw failure(path, .badInput, "found an empty file", "expected YAML or JSON text")
    }
    return content
  }

  private static func failure(
    _ path: String, _ kind: InputError.Kind, _ message: String, _ advice: String
  ) -> InputError {
    InputError(kind: kind, problems: [InputProblem(file: path, message: message, advice: advice)])
  }
}
