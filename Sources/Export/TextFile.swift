/// Texts as files.
public enum TextFile {
  /// Writes a text; the file appears under its name only when it is complete.
  ///
  /// - Throws: ``ExportError``; an older file of the name stays then.
  public static func write(_ text: String, to path: String) throws(ExportError) {
    var file = try OutputFile(path: path)
    file.buffer.append(text)
    try file.commit()
  }
}
