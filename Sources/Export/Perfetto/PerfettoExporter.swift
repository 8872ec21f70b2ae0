import ClusterSimulation

/// A timeline for ui.perfetto.dev and its trace processor: tracks by cluster, node, GPU and stream, arrows along messages
/// and collectives, counters of memory and links, marks where memory ran out or a condition set in.
///
/// Times are whole nanoseconds. Files of the format may be joined with `cat` when the numbers of their tracks differ.
public struct PerfettoExporter: TimelineExporter {
  /// What to show.
  public let choice: TimelineChoice

  /// Name for people.
  public let name = "perfetto"
  /// What the format is for.
  public let summary = "timeline for ui.perfetto.dev (protobuf; nanoseconds, arrows, counters)"
  /// Extensions.
  public let fileExtensions = ["pftrace", "perfetto-trace"]

  /// Chooses what to show.
  public init(_ choice: TimelineChoice = TimelineChoice(maximumSlices: 1 << 30)) { self.choice = choice }

  /// Writes a file.
  @discardableResult
  public func write(_ source: any TimelineSource, to path: String) throws(ExportError) -> [String] {
    let selection = try TimelineSelection(source, choice)
    var timeline = PerfettoTimeline(source, selection: selection, writer: try PerfettoWriter(path: path))
    try timeline.write()
    try timeline.finish()
    return selection.warnings
  }
}
