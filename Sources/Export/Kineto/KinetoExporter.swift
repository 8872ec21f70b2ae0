/// A folder with one trace per rank, as PyTorch's profiler (Kineto) leaves it: for HolisticTraceAnalysis and TensorBoard.
///
/// The readers' rules are kept: nothing but traces in the folder; `"rank": N` with a blank; whole microseconds; streams
/// as numbers; communication kernels under NCCL's names; a launch with the same correlation before each kernel; one
/// `ProfilerStep`. A start and an end are rounded to the nearest microsecond, so a kernel is off by at most one.
public struct KinetoExporter: TimelineExporter {
  /// What to show.
  public let choice: TimelineChoice

  /// Name for people.
  public let name = "kineto"
  /// What the format is for.
  public let summary = "folder of one trace per rank, as PyTorch's profiler (HolisticTraceAnalysis, TensorBoard)"
  /// None: the name is that of a folder.
  public let fileExtensions: [String] = []

  private static let suffix = ".pt.trace.json.gz"

  /// Chooses what to show.
  public init(_ choice: TimelineChoice = TimelineChoice()) { self.choice = choice }

  /// Writes a folder; an older one of the name is replaced if it holds nothing but such traces.
  @discardableResult
  public func write(_ source: any TimelineSource, to path: String) throws(ExportError) -> [String] {
    let selection = try TimelineSelection(source, choice)
    let suffix = Self.suffix
    let folder = try AtomicFolder(path: path) { name in
      name.hasPrefix("rank") && (name.hasSuffix(suffix) || name.hasSuffix(suffix + ".part"))
    }
    for (place, rank) in source.overview.ranks.enumerated() where selection.contains(place: place) {
      let writer = try ChromeJSONWriter(
        path: "\(folder.partPath)/rank\(rank.number)\(suffix)", clock: .wholeMicroseconds,
        rank: (rank.number, source.overview.clusterRanks))
      var trace = KinetoTrace(source, place: place, selection: selection, writer: writer)
      try trace.write()
      try trace.finish()
    }
    try folder.commit()
    return selection.warnings
  }
}
