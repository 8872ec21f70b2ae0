import ClusterSimulation

/// The tasks of a trace as comma-separated text, one line a task, for spreadsheets and scripts.
public struct CSVExporter: TimelineExporter {
  /// What to show.
  public let choice: TimelineChoice

  /// Name for people.
  public let name = "csv"
  /// What the format is for.
  public let summary = "tasks as comma-separated text"
  /// Extensions; with `.gz` behind them the file is compressed.
  public let fileExtensions = ["csv", "csv.gz"]

  /// Chooses what to show.
  public init(_ choice: TimelineChoice = TimelineChoice(maximumSlices: 1 << 40)) { self.choice = choice }

  /// Writes a file; it is compressed when its name ends in `.gz`.
  @discardableResult
  public func write(_ source: any TimelineSource, to path: String) throws(ExportError) -> [String] {
    let selection = try TimelineSelection(source, choice)
    var file = try OutputFile(path: path)
    file.buffer.append(
      "event,rank,stream,kind,name,start_ns,duration_ns,layer,microbatch,stage,peer,bytes,flops,group,")
    file.buffer.append("collective,basis\n")
    let names = source.overview.names.map(Self.quoted)
    for (place, rank) in source.overview.ranks.enumerated() where selection.contains(place: place) {
      try source.forEachTask(ofRank: place) { (task) throws(ExportError) in
        guard selection.contains(task, place: place) else { return }
        Self.append(task, rank: rank.number, name: names[Int(task.name)], to: &file.buffer)
        try file.drainWhenLarge()
      }
    }
    try file.commit()
    return selection.warnings
  }

  private static func append(_ task: TimelineTask, rank: Int, name: String, to buffer: inout ByteBuffer) {
    func comma() { buffer.append(UInt8(ascii: ",")) }
    func number(_ value: Int64) {
      comma()
      buffer.append(decimal: value)
    }
    func text(_ value: String) {
      comma()
      buffer.append(value)
    }
    buffer.append(decimal: Int64(task.row))
    number(Int64(rank))
    text(task.stream.name)
    text(task.kind.name)
    text(name)
    number(task.span.start)
    number(task.span.end - task.span.start)
    for value in [task.layer, task.microBatch, task.virtualStage, task.peer] { number(Int64(value)) }
    number(task.bytes)
    comma()
    buffer.append(jsonNumber: task.operations)
    number(Int64(task.groupSize))
    text(task.collective?.fileName ?? "none")
    text(task.basis?.name ?? "none")
    buffer.append(UInt8(ascii: "\n"))
  }

  /// A field as RFC 4180 has it.
  private static func quoted(_ text: String) -> String {
    guard text.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
