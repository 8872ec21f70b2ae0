import Export
import ScenarioIO

extension ScenarioRun {
  /// Writes the trace as HDF5, whatever the file is called.
  ///
  /// - Parameters:
  ///   - path: The final name; it appears only when the file is complete.
  ///   - command: The command that repeats the run, output names left out, so that equal runs give equal bytes.
  ///   - seed: The seed of the run.
  /// - Returns: What the user should know about the file.
  /// - Throws: ``ExportError``; nothing is left under the name.
  public func exportTrace(to path: String, command: String, seed: UInt64) throws(ExportError) -> [String] {
    try HDF5TraceExporter().write(result, description: description(command, seed), to: path)
  }

  /// Writes a timeline; the extension decides the format, a folder holds one trace per rank.
  ///
  /// - Parameter choice: Ranks and window; `nil` for the usual choice of the format.
  /// - Returns: What the user should know about the file.
  /// - Throws: ``ExportError``; nothing is left under the name.
  public func exportTimeline(
    to path: String, choice: TimelineChoice? = nil, command: String, seed: UInt64
  ) throws(ExportError) -> [String] {
    try ExporterCatalog.timelineExporter(forPath: path, choice: choice)
      .write(result, description: description(command, seed), to: path)
  }

  /// Writes a memory snapshot as PyTorch records it.
  ///
  /// - Throws: ``ExportError``; nothing is left under the name.
  public func exportMemorySnapshot(to path: String) throws(ExportError) -> [String] {
    try TorchSnapshotExporter().write(SimulatedTimeline(result, title: scenario.name), to: path)
  }

  private func description(_ command: String, _ seed: UInt64) -> TraceDescription {
    return TraceDescription(
      scenarioName: scenario.name, toolVersion: toolVersion, command: command, resolvedInput: scenario.resolvedText,
      warnings: warnings, seed: Int64(bitPattern: seed))
  }
}
