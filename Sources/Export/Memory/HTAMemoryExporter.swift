import ClusterSimulation

/// A folder with the memory of each rank by category, for HolisticTraceAnalysis' memory view.
///
/// A file is a JSON list of `[time in ns, action, bytes, category]`; a time of -1 means before the start.
public struct HTAMemoryExporter: TimelineExporter {
  /// Which ranks; windows and limits do not apply.
  public let choice: TimelineChoice

  /// Name for people.
  public let name = "hta-memory"
  /// What the format is for.
  public let summary = "folder of memory by category for HolisticTraceAnalysis"
  /// None: the name is that of a folder.
  public let fileExtensions: [String] = []

  private static let suffix = ".memory.json.gz"

  /// Chooses what to show.
  public init(_ choice: TimelineChoice = TimelineChoice()) { self.choice = choice }

  /// Writes a folder; an older one of the name is replaced if it holds nothing but such files.
  @discardableResult
  public func write(_ source: any TimelineSource, to path: String) throws(ExportError) -> [String] {
    var everything = choice
    everything.window = nil
    everything.maximumSlices = .max
    let selection = try TimelineSelection(source, everything)
    let suffix = Self.suffix
    let folder = try AtomicFolder(path: path) { $0.hasPrefix("rank") && $0.hasSuffix(suffix) }
    for (place, rank) in source.overview.ranks.enumerated() where selection.contains(place: place) {
      var file = try OutputFile(path: "\(folder.partPath)/rank\(rank.number)\(suffix)")
      try Self.write(try source.memory(ofRank: place), to: &file)
      try file.commit()
    }
    try folder.commit()
    return []
  }

  private static func write(_ timeline: MemoryTimeline, to file: inout OutputFile) throws(ExportError) {
    var separator: StaticString = "["
    func put(_ time: Int64, _ bytes: Int64, _ category: MemoryCategory) {
      file.buffer.append(separator)
      file.buffer.append("[")
      file.buffer.append(decimal: time)
      file.buffer.append(time < 0 ? ", \"preexisting\", " : bytes < 0 ? ", \"destroy\", " : ", \"create\", ")
      file.buffer.append(decimal: bytes)
      file.buffer.append(", ")
      file.buffer.append(decimal: Self.number(category))
      file.buffer.append("]")
      separator = ",\n"
    }
    for part in timeline.resident { put(-1, part.bytes.count, part.category) }
    for change in timeline.changes {
      put(change.time.nanoseconds, change.bytes, change.category)
      try file.drainWhenLarge()
    }
    if timeline.resident.isEmpty && timeline.changes.isEmpty { file.buffer.append("[") }
    file.buffer.append("]\n")
  }

  /// The reader's categories: 0 parameter, 1 optimizer state, 2 input, 3 temporary, 4 activation, 5 gradient, 6 autograd
  /// detail, 7 unknown.
  private static func number(_ category: MemoryCategory) -> Int64 {
    switch category {
    case .parameters: 0
    case .optimizer: 1
    case .gathered, .communication, .workspace: 3
    case .activations: 4
    case .gradients: 5
    case .recompute: 6
    case .context: 7
    }
  }
}
