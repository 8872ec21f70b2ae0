import Export

extension ScenarioRun {
  /// Writes a trace or a timeline; the extension decides the format.
  ///
  /// - Returns: What the user should know about the file.
  /// - Throws: ``ExportError``; nothing is left under the name.
  public func export(to path: String, seed: UInt64) throws -> [String] {
    []
  }
}
