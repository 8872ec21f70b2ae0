/// One cell of a PyTorch schedule file.
enum ScheduleCell {
  /// Nothing to do.
  case idle
  /// Forward or backward work.
  case action(ScheduleAction)
  /// Two actions PyTorch runs side by side, in their order.
  case pair([ScheduleAction])
  /// Communication, sharding or gradient reduction.
  case skipped
  /// Work without a micro-batch.
  case missingMicroBatch
  /// Not understood.
  case bad

  /// Kinds of the lowered form that are no computation.
  private static let skippedKinds = [
    "SEND_F", "RECV_F", "SEND_B", "RECV_B", "WAIT_SEND_F", "WAIT_SEND_B", "UNSHARD", "RESHARD", "REDUCE_GRAD",
    "WAIT_REDUCE_GRAD", "NONE",
  ]

  /// Reads a cell; blanks around it do not matter.
  init(_ text: Substring) {
    let cell = Self.trimmed(text)
    if cell.isEmpty {
      self = .idle
    } else if cell.first == "(" {
      self = Self.pair(cell)
    } else {
      self = Self.single(cell)
    }
  }

  /// `(0F7;7B3)OVERLAP_F_B`.
  private static func pair(_ cell: Substring) -> ScheduleCell {
    guard let close = cell.firstIndex(of: ")"), cell[close...].dropFirst() == "OVERLAP_F_B" else { return .bad }
    var actions: [ScheduleAction] = []
    for part in cell[..<close].dropFirst().split(separator: ";", omittingEmptySubsequences: false) {
      guard case .action(let action) = single(trimmed(part)) else { return .bad }
      actions.append(action)
    }
    return actions.count == 2 ? .pair(actions) : .bad
  }

  /// `<stage><kind><micro-batch>`.
  private static func single(_ cell: Substring) -> ScheduleCell {
    let stageText = cell.prefix(while: isDigit)
    let kind = cell.dropFirst(stageText.count).prefix { !isDigit($0) }
    let rest = cell.dropFirst(stageText.count + kind.count)
    guard stageText.count < 7, rest.count < 7, let stage = Int(stageText), rest.allSatisfy(isDigit) else { return .bad }
    if skippedKinds.contains(String(kind)) { return .skipped }
    guard ["F", "B", "I", "W"].contains(kind) else { return .bad }
    guard !rest.isEmpty else { return .missingMicroBatch }
    guard let microBatch = Int(rest) else { return .bad }
    return .action(action(kind, stage, microBatch))
  }

  private static func action(_ kind: Substring, _ stage: Int, _ microBatch: Int) -> ScheduleAction {
    switch kind {
    case "F": .forward(stage: stage, microBatch: microBatch)
    case "I": .backwardInput(stage: stage, microBatch: microBatch)
    case "W": .backwardWeight(stage: stage, microBatch: microBatch)
    default: .backward(stage: stage, microBatch: microBatch)
    }
  }

  private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop(while: \.isWhitespace)
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
