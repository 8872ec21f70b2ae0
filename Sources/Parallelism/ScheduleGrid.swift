/// A schedule on a grid of unit time slots: every action takes one slot, messages take none.
public struct ScheduleGrid: Hashable, Sendable {
  /// The action of each rank in each slot, `nil` = idle; shape `[ranks][slots]`, all rows of equal length.
  public let slots: [[ScheduleAction?]]
  /// Whether a cell needs its stage's number to be understood.
  private let showsStages: Bool

  /// Plays the actions; each runs in the first slot after everything it needs.
  ///
  /// A schedule that blocks is cut off where it blocks; ``ScheduleCheck/deadlock(actions:placement:)`` says why.
  public init(actions: [[ScheduleAction]], placement: [[Int]]) {
    var play = SchedulePlay(actions: actions, placement: placement)
    var slots = [[ScheduleAction?]](repeating: [], count: actions.count)
    while true {
      let before = play
      let ran = play.step()
      if ran.isEmpty { break }
      for rank in actions.indices { slots[rank].append(ran.contains(rank) ? before.next(rank) : nil) }
    }
    self.slots = slots
    showsStages = placement.contains { $0.count > 1 }
  }

  /// Plays a schedule.
  ///
  /// - Precondition: `schedule.obstacle(shape) == nil`.
  public init(_ schedule: any PipelineSchedule, _ shape: PipelineShape) {
    self.init(actions: schedule.actions(shape), placement: schedule.placement(shape))
  }
}

extension ScheduleGrid: CustomStringConvertible {
  /// One row per rank: `F0` with one virtual stage per rank, `4F0` (stage first) with more; `.` is an idle slot.
  /// A row ends with its last action.
  public var description: String {
    let rows = slots.map { row in
      row.prefix(1 + (row.lastIndex { $0 != nil } ?? -1)).map { $0.map(text) ?? "." }
    }
    let width = rows.joined().map(\.count).max() ?? 0
    return rows.map { row in
      var line = row.map { $0 + String(repeating: " ", count: width - $0.count) }.joined(separator: " ")
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }

  private func text(_ action: ScheduleAction) -> String {
    showsStages ? action.description : "\(action.letter)\(action.microBatch)"
  }
}
