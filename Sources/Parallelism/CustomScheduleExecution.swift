extension CustomSchedule {
  /// The shape the actions are written for.
  ///
  /// Virtual stages and micro-batches are counted from the largest numbers found; `chunks` is rounded up when the
  /// stages do not divide over the ranks.
  public var shape: PipelineShape {
    let ranks = max(1, actions.count)
    let stages = 1 + (actions.joined().map(\.stage).max() ?? 0)
    let microBatches = 1 + (actions.joined().map(\.microBatch).max() ?? 0)
    return PipelineShape(ranks: ranks, chunks: (stages + ranks - 1) / ranks, microBatches: microBatches)
  }

  /// The virtual stages each rank works on, ascending; shape `[ranks][...]`.
  public var ownPlacement: [[Int]] {
    actions.map { actions in
      var stages: [Int] = []
      for action in actions where !stages.contains(action.stage) { stages.append(action.stage) }
      return stages.sorted()
    }
  }
}

extension CustomSchedule: PipelineSchedule {
  /// Refuses a shape the actions were not written for, and actions that are incomplete or block each other.
  public func obstacle(_ shape: PipelineShape) -> String? {
    if let mismatch = mismatch(shape) { return "\(name): \(mismatch)" }
    if let flaw = ScheduleCheck.flaw(actions: actions, shape) { return "\(name): \(flaw)" }
    guard let blocked = ScheduleCheck.deadlock(actions: actions, placement: ownPlacement) else { return nil }
    return "\(name): deadlock; " + blocked.map(\.description).joined(separator: "; ")
  }

  /// The virtual stages each rank works on, ascending.
  public func placement(_ shape: PipelineShape) -> [[Int]] { ownPlacement }

  /// The actions as they were written.
  public func actions(_ shape: PipelineShape) -> [[ScheduleAction]] { actions }

  /// The most micro-batches the rank ever holds, counted from its actions.
  public func inFlightBound(rank: Int, _ shape: PipelineShape) -> Int {
    ScheduleCheck.peakInFlight(actions[rank])
  }

  /// How the wanted shape differs from the written one.
  private func mismatch(_ wanted: PipelineShape) -> String? {
    let written = shape
    guard written != wanted else { return nil }
    return "written for \(written.ranks) ranks, \(written.chunks) virtual stages each and \(written.microBatches) "
      + "micro-batches, found \(wanted.ranks), \(wanted.chunks) and \(wanted.microBatches); "
      + "set pp, vpp and micro-batches to what the schedule was written for"
  }
}
