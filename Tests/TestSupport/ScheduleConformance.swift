import Parallelism

/// What every pipeline schedule has to keep, for one shape; an empty list when it does.
///
/// Each micro-batch goes forward and backward exactly once through each virtual stage, on the rank that owns the stage
/// and forward first; an execution without times ends; no rank ever holds more micro-batches than its stated bound, and
/// the bound is reached. The execution here is the plainest there is: one rank at a time, until nobody can go on.
public func scheduleConformanceProblems(_ schedule: any PipelineSchedule, _ shape: PipelineShape) -> [String] {
  guard schedule.obstacle(shape) == nil else { return [] }
  let placement = schedule.placement(shape)
  let actions = schedule.actions(shape)
  guard placement.count == shape.ranks, actions.count == shape.ranks else { return ["one row per rank expected"] }
  return placementProblems(placement, shape) + coverageProblems(actions, placement, shape)
    + executionProblems(actions, shape) + boundProblems(schedule, actions, shape)
}

private func placementProblems(_ placement: [[Int]], _ shape: PipelineShape) -> [String] {
  var problems = placement.enumerated().filter { $0.element.count != shape.chunks }.map {
    "rank \($0.offset) owns \($0.element.count) stages instead of \(shape.chunks)"
  }
  if placement.joined().sorted() != Array(0..<shape.stages) { problems.append("not every stage has one owner") }
  return problems
}

private func coverageProblems(
  _ actions: [[ScheduleAction]], _ placement: [[Int]], _ shape: PipelineShape
) -> [String] {
  var problems: [String] = []
  for (rank, list) in actions.enumerated() {
    for (position, action) in list.enumerated() {
      if !placement[rank].contains(action.stage) { problems.append("rank \(rank) runs \(action) of another rank") }
      if list[..<position].contains(action) { problems.append("rank \(rank) runs \(action) twice") }
    }
    for stage in placement[rank] {
      for microBatch in 0..<shape.microBatches {
        let letters = String(list.filter { $0.stage == stage && $0.microBatch == microBatch }.map(\.letter))
        if letters != "FB" && letters != "FIW" {
          problems.append("stage \(stage) runs micro-batch \(microBatch) as '\(letters)'")
        }
      }
    }
  }
  return problems
}

private func executionProblems(_ actions: [[ScheduleAction]], _ shape: PipelineShape) -> [String] {
  let backwards = shape.stages * shape.microBatches
  var forwardDone = [Bool](repeating: false, count: backwards)
  var backwardDone = forwardDone
  var positions = [Int](repeating: 0, count: shape.ranks)
  var moved = true
  while moved {
    moved = false
    for rank in actions.indices {
      while positions[rank] < actions[rank].count {
        let action = actions[rank][positions[rank]]
        let cell = action.stage * shape.microBatches + action.microBatch
        switch action.letter {
        case "F":
          guard action.stage == 0 || forwardDone[cell - shape.microBatches] else { break }
          forwardDone[cell] = true
        case "W": break
        default:
          let isLast = action.stage == shape.stages - 1
          guard forwardDone[cell], isLast || backwardDone[cell + shape.microBatches] else { break }
          backwardDone[cell] = true
        }
        let ran = action.letter == "F" ? forwardDone[cell] : backwardDone[cell]
        if !ran { break }
        positions[rank] += 1
        moved = true
      }
    }
  }
  return actions.indices.filter { positions[$0] < actions[$0].count }.map {
    "rank \($0) is stuck at \(actions[$0][positions[$0]])"
  }
}

private func boundProblems(
  _ schedule: any PipelineSchedule, _ actions: [[ScheduleAction]], _ shape: PipelineShape
) -> [String] {
  actions.indices.compactMap { rank in
    var held = 0
    var peak = 0
    for action in actions[rank] {
      if action.letter == "F" { held += 1 }
      peak = max(peak, held)
      if action.letter == "B" || action.letter == "W" { held -= 1 }
    }
    let bound = schedule.inFlightBound(rank: rank, shape)
    return peak == bound ? nil : "rank \(rank) holds \(peak) micro-batches at most, the stated bound is \(bound)"
  }
}
