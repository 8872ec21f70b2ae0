/// A run that cannot end: some ranks wait for each other.
public struct Deadlock: Error, Hashable, Sendable {
  /// One task that never starts.
  public struct BlockedTask: Hashable, Sendable {
    /// Global rank.
    public var rank: Int
    /// Row in the trace.
    public var row: Int
    /// Name of the step and the operation, for people.
    public var description: String
  }

  /// The first task that never starts, of every rank that has one.
  public let blocked: [BlockedTask]
}

extension Deadlock: CustomStringConvertible {
  /// Who waits for what, at most eight lines.
  public var description: String {
    let lines = blocked.prefix(8).map { "rank \($0.rank) never starts \($0.description)" }
    let rest = blocked.count > 8 ? ["and \(blocked.count - 8) more ranks"] : []
    let advice = "the schedule cannot end; order its steps so that every message is sent before it is needed:"
    return ([advice] + lines + rest).joined(separator: "\n  ")
  }
}

extension Deadlock {
  /// Names the rows at which ranks stopped.
  init(rows: [(simulatedRank: Int, row: Int)], programs: ProgramSet, map: RankMap) {
    blocked = rows.map { rank, row in
      let (step, operation) = programs.locate(
        row: row - map.firstRows[rank], inProgram: Int(map.programs[rank]))
      let template = programs.templates[Int(step.template)].name
      let name = programs.names[Int(programs.infos[operation].name)]
      let microBatch = step.microBatch >= 0 ? " micro-batch \(step.microBatch)" : ""
      return BlockedTask(rank: map.globalRanks[rank], row: row, description: "\(name) of \(template)\(microBatch)")
    }
  }
}
