/// A timeline in the JSON of Chrome's trace viewer, which Perfetto opens too: what every stream did, what was sent
/// where, how memory grew.
///
/// A process is a rank, a thread one of its streams, a counter its memory. Times are microseconds with three decimals,
/// which is exact.
public struct ChromeTimelineExporter: TimelineExporter {
  /// What to show.
  public let choice: TimelineChoice

  /// Name for people.
  public let name = "chrome"
  /// What the format is for.
  public let summary = "timeline as Chrome JSON (Perfetto, chrome://tracing)"
  /// Extensions; with `.gz` behind them the file is compressed.
  public let fileExtensions = ["json", "json.gz"]

  /// Instants of the memory counter per rank; a rank with more changes is shown in equal intervals.
  static let counterLimit = 4096

  /// Chooses what to show.
  public init(_ choice: TimelineChoice = TimelineChoice()) { self.choice = choice }

  /// Writes a file; it is compressed when its name ends in `.gz`.
  @discardableResult
  public func write(_ source: any TimelineSource, to path: String) throws(ExportError) -> [String] {
    let selection = try TimelineSelection(source, choice)
    var timeline = ChromeTimeline(source, selection: selection, writer: try ChromeJSONWriter(path: path))
    try timeline.write()
    try timeline.finish()
    return selection.warnings
  }
}
