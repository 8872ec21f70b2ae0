/// A playback of a schedule: which actions are done, and what each rank runs next.
struct SchedulePlay {
  /// Actions of each rank.
  let actions: [[ScheduleAction]]
  /// Virtual stages in all.
  let stages: Int
  /// How many actions each rank has run.
  private(set) var positions: [Int]
  /// Everything that has run.
  private var done: Set<ScheduleAction> = []

  /// Nothing has run yet.
  init(actions: [[ScheduleAction]], placement: [[Int]]) {
    self.actions = actions
    let lastPlaced = placement.joined().max() ?? 0
    let lastNamed = actions.joined().map(\.stage).max() ?? 0
    stages = 1 + max(lastPlaced, lastNamed)
    positions = Array(repeating: 0, count: actions.count)
  }

  /// The action the rank stands at; `nil` when it has finished.
  func next(_ rank: Int) -> ScheduleAction? {
    positions[rank] < actions[rank].count ? actions[rank][positions[rank]] : nil
  }

  /// The first action that has to run before `action` can; `nil` when none is left.
  func missing(for action: ScheduleAction) -> ScheduleAction? {
    let stage = action.stage
    let microBatch = action.microBatch
    switch action {
    case .forward:
      let before = ScheduleAction.forward(stage: stage - 1, microBatch: microBatch)
      return stage == 0 || done.contains(before) ? nil : before
    case .backward, .backwardInput:
      let own = ScheduleAction.forward(stage: stage, microBatch: microBatch)
      guard done.contains(own) else { return own }
      let after = ScheduleAction.backward(stage: stage + 1, microBatch: microBatch)
      return stage == stages - 1 || hasInputGradient(after) ? nil : after
    case .backwardWeight:
      let own = ScheduleAction.backwardInput(stage: stage, microBatch: microBatch)
      return done.contains(own) ? nil : own
    }
  }

  /// Runs what every rank can run right now, one action each; `false` when nobody can.
  mutating func advance() -> Bool { !step().isEmpty }

  /// One unit of time: every rank whose next action was ready when it began runs it; the ranks that ran.
  mutating func step() -> [Int] {
    let ready = actions.indices.filter { rank in
      guard let action = next(rank) else { return false }
      return missing(for: action) == nil
    }
    for rank in ready {
      done.insert(actions[rank][positions[rank]])
      positions[rank] += 1
    }
    return ready
  }

  /// Whether the backward pass has delivered the gradient of the stage's input.
  private func hasInputGradient(_ backward: ScheduleAction) -> Bool {
    done.contains(backward)
      || done.contains(.backwardInput(stage: backward.stage, microBatch: backward.microBatch))
  }
}

extension ScheduleAction {
  /// Whether running this satisfies somebody who waits for `wanted`.
  func produces(_ wanted: ScheduleAction) -> Bool {
    guard case .backward(let stage, let microBatch) = wanted else { return self == wanted }
    return self == wanted || self == .backwardInput(stage: stage, microBatch: microBatch)
  }
}
