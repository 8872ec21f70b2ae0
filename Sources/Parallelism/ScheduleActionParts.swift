extension ScheduleAction {
  /// The virtual stage the action works on.
  public var stage: Int {
    switch self {
    case .forward(let stage, _), .backward(let stage, _), .backwardInput(let stage, _), .backwardWeight(let stage, _):
      stage
    }
  }

  /// The micro-batch the action works on, counted from zero.
  public var microBatch: Int {
    switch self {
    case .forward(_, let microBatch), .backward(_, let microBatch), .backwardInput(_, let microBatch),
      .backwardWeight(_, let microBatch):
      microBatch
    }
  }

  /// One letter for the kind of work: `F`, `B` (full backward), `I` (input gradient), `W` (weight gradients).
  public var letter: Character {
    switch self {
    case .forward: "F"
    case .backward: "B"
    case .backwardInput: "I"
    case .backwardWeight: "W"
    }
  }

  /// The same work on another micro-batch.
  func withMicroBatch(_ microBatch: Int) -> ScheduleAction {
    switch self {
    case .forward(let stage, _): .forward(stage: stage, microBatch: microBatch)
    case .backward(let stage, _): .backward(stage: stage, microBatch: microBatch)
    case .backwardInput(let stage, _): .backwardInput(stage: stage, microBatch: microBatch)
    case .backwardWeight(let stage, _): .backwardWeight(stage: stage, microBatch: microBatch)
    }
  }
}

extension ScheduleAction: CustomStringConvertible {
  /// Stage, letter, micro-batch, as PyTorch writes it in schedule files: `3F1`.
  public var description: String { "\(stage)\(letter)\(microBatch)" }
}
