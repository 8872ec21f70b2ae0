/// PyTorch's pipeline schedule files: one row per rank, one cell per step, an empty cell is an idle step.
///
/// A cell is `<stage><kind><micro-batch>`; kinds `F`, `B`, `I`, `W` are work. Communication, sharding and gradient
/// reduction cells are accepted and skipped: the simulator derives them. `(0F7;7B3)OVERLAP_F_B` is a pair that PyTorch
/// runs side by side; it is read as its parts in order.
public enum ScheduleCSV {
  /// What was read.
  public struct Reading: Hashable, Sendable {
    /// The actions, idle cells removed.
    public let schedule: CustomSchedule
    /// Cells that name communication or gradient reduction and were skipped.
    public let skippedCells: Int
    /// Empty cells.
    public let idleCells: Int
    /// Pairs that were flattened.
    public let overlappedPairs: Int
    /// Stages whose forward passes were numbered `1...m` and are now `0..<m`, ascending.
    ///
    /// PyTorch's `Schedule1F1B` writes the last rank like that (its counter is raised before its first use); its
    /// backward passes are numbered `0..<m`, so the file as written could not run.
    public let renumberedStages: [Int]
  }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - text: The file; lines end with LF or CRLF.
  ///   - name: Name of the schedule, for people.
  /// - Throws: ``ScheduleCSVError`` for the first cell that is no action.
  public static func parse(_ text: String, name: String) throws(ScheduleCSVError) -> Reading {
    var counts = CellCounts()
    var actions: [[ScheduleAction]] = []
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      actions.append(try row(line, number: index + 1, &counts))
    }
    while actions.last?.isEmpty == true { actions.removeLast() }
    guard !actions.isEmpty else { throw .noActions }
    let renumbered = renumber(&actions)
    return Reading(
      schedule: CustomSchedule(name: name, actions: actions), skippedCells: counts.skipped, idleCells: counts.idle,
      overlappedPairs: counts.pairs, renumberedStages: renumbered)
  }

  /// Writes actions without idle cells; shape `[ranks][...]`. Every line ends with LF.
  public static func text(actions: [[ScheduleAction]]) -> String {
    text(slots: actions.map { $0.map(Optional.some) })
  }

  /// Writes a grid, `nil` as an empty cell; shape `[ranks][slots]`. Idle cells that end a row are left out.
  public static func text(slots: [[ScheduleAction?]]) -> String {
    slots.map { row in
      let used = 1 + (row.lastIndex { $0 != nil } ?? -1)
      return row.prefix(used).map { $0?.description ?? "" }.joined(separator: ",") + "\n"
    }.joined()
  }
}

extension ScheduleCSV {
  /// What was met on the way.
  private struct CellCounts {
    var skipped = 0
    var idle = 0
    var pairs = 0
  }

  /// Reads one line; an empty line has no cells.
  private static func row(
    _ line: Substring, number: Int, _ counts: inout CellCounts
  ) throws(ScheduleCSVError) -> [ScheduleAction] {
    guard line.contains(where: { !$0.isWhitespace }) else { return [] }
    var actions: [ScheduleAction] = []
    for (index, cell) in line.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
      let column = 1 + line.distance(from: line.startIndex, to: cell.startIndex)
      switch ScheduleCell(cell) {
      case .idle: counts.idle += 1
      case .skipped: counts.skipped += 1
      case .action(let action): actions.append(action)
      case .pair(let parts):
        actions += parts
        counts.pairs += 1
      case .missingMicroBatch:
        throw .missingMicroBatch(line: number, cell: index + 1, column: column, text: String(cell))
      case .bad: throw .badCell(line: number, cell: index + 1, column: column, text: String(cell))
      }
    }
    return actions
  }

  /// Repairs forward passes numbered `1...m` beside backward passes numbered `0..<m`; the repaired stages.
  private static func renumber(_ actions: inout [[ScheduleAction]]) -> [Int] {
    let shifted = actions.indices.flatMap { rank in
      let stages = CustomSchedule(name: "", actions: [actions[rank]]).ownPlacement.joined()
      return stages.filter { isShifted(stage: $0, actions[rank]) }
    }
    for rank in actions.indices {
      actions[rank] = actions[rank].map { action in
        guard action.letter == "F", shifted.contains(action.stage) else { return action }
        return action.withMicroBatch(action.microBatch - 1)
      }
    }
    return shifted.sorted()
  }

  /// Whether a stage's forward passes are numbered one above its backward passes.
  private static func isShifted(stage: Int, _ actions: [ScheduleAction]) -> Bool {
    let own = actions.filter { $0.stage == stage }
    let forwards = own.filter { $0.letter == "F" }.map(\.microBatch).sorted()
    let backwards = own.filter { $0.letter == "B" || $0.letter == "I" }.map(\.microBatch).sorted()
    return forwards.first == 1 && forwards == backwards.map { $0 + 1 }
  }
}
