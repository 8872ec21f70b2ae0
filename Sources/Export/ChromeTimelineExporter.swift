import ClusterSimulation

/// A timeline in the JSON of Chrome's trace viewer, which Perfetto opens too: what every stream did, what was sent
/// where, how memory grew.
///
/// A process is a rank, a thread one of its streams, a counter its memory. Times are microseconds with three decimals,
/// which is exact.
public struct ChromeTimelineExporter: Exporter {
  /// Global ranks to show; `nil` for all that were simulated.
  public let ranks: [Int]?
  /// Slices in all; ranks beyond are left out with a warning.
  public let maximumSlices: Int

  /// Name for people.
  public let name = "chrome"
  /// What the format is for.
  public let summary = "timeline as Chrome JSON (Perfetto, chrome://tracing)"
  /// Extensions.
  public let fileExtensions = ["json"]

  /// Instants of the memory counter per rank; a rank with more changes is shown in equal intervals.
  static let counterLimit = 4096

  /// Chooses what to show.
  ///
  /// - Precondition: `maximumSlices >= 1`.
  public init(ranks: [Int]? = nil, maximumSlices: Int = 2_000_000) {
    precondition(maximumSlices >= 1, "a timeline shows at least one slice")
    self.ranks = ranks
    self.maximumSlices = maximumSlices
  }

  /// Writes a file.
  ///
  /// - Parameters:
  ///   - result: What was simulated.
  ///   - description: What the file tells about itself.
  ///   - path: The final name.
  /// - Returns: What was left out, for people.
  /// - Throws: ``ExportError``, also for ranks that were not simulated; an older file of the name stays then.
  @discardableResult
  public func write(
    _ result: SimulationResult, description: TraceDescription, to path: String
  ) throws(ExportError) -> [String] {
    let selection = try SliceSelection(result.trace.map, ranks: ranks, limit: maximumSlices)
    var timeline = ChromeTimeline(
      result: result, selection: selection, writer: try ChromeJSONWriter(path: path))
    for rank in selection.rows.indices where !selection.rows[rank].isEmpty { try timeline.write(simulatedRank: rank) }
    try timeline.writeFailure()
    try timeline.finish()
    return selection.warnings
  }
}
