/// A memory snapshot as PyTorch's caching allocator records it, for pytorch.org/memory_viz and `torch.cuda._memory_viz`.
///
/// A simulated rank is a device of the snapshot; what its blocks are for stands in their frames. When memory runs out the
/// record of the rank ends there, as it would.
public struct TorchSnapshotExporter: TimelineExporter {
  /// Which ranks; windows and limits do not apply.
  public let choice: TimelineChoice

  /// Name for people.
  public let name = "torch-snapshot"
  /// What the format is for.
  public let summary = "memory snapshot as PyTorch records it (pytorch.org/memory_viz)"
  /// Extensions.
  public let fileExtensions = ["pickle"]

  /// Chooses what to show.
  public init(_ choice: TimelineChoice = TimelineChoice()) { self.choice = choice }

  /// Writes a file.
  @discardableResult
  public func write(_ source: any TimelineSource, to path: String) throws(ExportError) -> [String] {
    var everything = choice
    everything.window = nil
    everything.maximumSlices = .max
    let selection = try TimelineSelection(source, everything)
    let places = source.overview.ranks.indices.filter { selection.contains(place: $0) }
    var snapshot = TorchSnapshot(source, writer: try PickleWriter(path: path))
    try snapshot.write(places: places)
    try snapshot.finish()
    return []
  }
}
