import ClusterSimulation

/// An exporter that needs no more than a source of timelines, which a result in memory and a trace file both are.
public protocol TimelineExporter: Exporter {
  /// Writes a file, or a folder of files.
  ///
  /// - Returns: What was left out, for people.
  /// - Throws: ``ExportError``, also for ranks that were not simulated; an older file of the name stays then.
  @discardableResult
  func write(_ source: any TimelineSource, to path: String) throws(ExportError) -> [String]
}

extension TimelineExporter {
  /// Writes a file.
  ///
  /// - Parameters:
  ///   - result: What was simulated.
  ///   - description: What the file tells about itself; the name of the scenario is used.
  ///   - path: The final name.
  /// - Returns: What was left out, for people.
  /// - Throws: ``ExportError``; an older file of the name stays then.
  @discardableResult
  public func write(
    _ result: SimulationResult, description: TraceDescription, to path: String
  ) throws(ExportError) -> [String] {
    try write(SimulatedTimeline(result, title: description.scenarioName), to: path)
  }
}
