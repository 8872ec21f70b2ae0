/// A pipeline rank that can never run its next action.
public struct BlockedRank: Hashable, Sendable {
  /// The pipeline rank.
  public let rank: Int
  /// The action it stands at.
  public let action: ScheduleAction
  /// The action that has to run first.
  public let waitsFor: ScheduleAction
  /// The rank that lists ``waitsFor``; `nil` when none does.
  public let producer: Int?
}

extension BlockedRank: CustomStringConvertible {
  /// Who stands where, and what for.
  public var description: String {
    let source =
      switch producer {
      case .some(rank): "which rank \(rank) itself lists later"
      case .some(let producer): "which rank \(producer) has not reached"
      case nil: "which no rank lists"
      }
    return "rank \(rank) stands at \(action) and waits for \(waitsFor), \(source)"
  }
}

/// Why lists of actions cannot run, whatever their times.
public enum ScheduleCheck {
  /// Plays the actions without times and reports every rank that gets stuck; `nil` when all finish.
  ///
  /// The forward pass of a virtual stage needs the forward pass of the stage before it; a backward pass needs its own
  /// forward pass and the backward pass (full, or for the input) of the stage after it; weight gradients need their own
  /// input gradient.
  ///
  /// - Parameters:
  ///   - actions: Actions of each pipeline rank; shape `[ranks][...]`.
  ///   - placement: Virtual stages of each pipeline rank; the largest is the last stage.
  public static func deadlock(actions: [[ScheduleAction]], placement: [[Int]]) -> [BlockedRank]? {
    var play = SchedulePlay(actions: actions, placement: placement)
    while play.advance() {}
    let blocked = actions.indices.compactMap { rank -> BlockedRank? in
      guard let action = play.next(rank), let waitsFor = play.missing(for: action) else { return nil }
      let producer = actions.firstIndex { $0.contains { $0.produces(waitsFor) } }
      return BlockedRank(rank: rank, action: action, waitsFor: waitsFor, producer: producer)
    }
    return blocked.isEmpty ? nil : blocked
  }

  /// The most micro-batches (counted per virtual stage) held at once by a rank that runs `actions`.
  ///
  /// A forward pass takes hold; a full backward pass or the weight gradients let go.
  public static func peakInFlight(_ actions: [ScheduleAction]) -> Int {
    var held = 0
    var peak = 0
    for action in actions {
      switch action {
      case .forward:
        held += 1
        peak = max(peak, held)
      case .backward, .backwardWeight: held -= 1
      case .backwardInput: break
      }
    }
    return peak
  }

  /// The first reason why actions do not cover a pipeline exactly once, for people; `nil` when they do.
  static func flaw(actions: [[ScheduleAction]], _ shape: PipelineShape) -> String? {
    var owner: [Int: Int] = [:]
    var count: [ScheduleAction: Int] = [:]
    for (rank, list) in actions.enumerated() {
      for action in list {
        let previous = owner.updateValue(rank, forKey: action.stage) ?? rank
        if previous != rank { return "stage \(action.stage) is run by ranks \(previous) and \(rank); give it one rank" }
        count[action, default: 0] += 1
        if count[action] == 2 { return "\(action) is listed twice; list it once" }
      }
    }
    for stage in 0..<shape.stages {
      for microBatch in 0..<shape.microBatches {
        if let flaw = coverage(stage, microBatch, count) { return flaw }
      }
    }
    return nil
  }

  /// What is missing or superfluous for one micro-batch of one stage.
  private static func coverage(_ stage: Int, _ microBatch: Int, _ count: [ScheduleAction: Int]) -> String? {
    let has = { (action: ScheduleAction) in count[action] != nil }
    let forward = ScheduleAction.forward(stage: stage, microBatch: microBatch)
    let whole = ScheduleAction.backward(stage: stage, microBatch: microBatch)
    let input = ScheduleAction.backwardInput(stage: stage, microBatch: microBatch)
    let weight = ScheduleAction.backwardWeight(stage: stage, microBatch: microBatch)
    if !has(forward) { return "\(forward) is missing; list every micro-batch of every stage" }
    switch (has(whole), has(input), has(weight)) {
    case (true, false, false), (false, true, true): return nil
    case (true, _, _): return "\(whole) is listed beside \(input) or \(weight); list B, or I and W"
    case (false, true, false): return "\(weight) is missing; an I needs its W"
    case (false, false, true): return "\(input) is missing; a W needs its I"
    case (false, false, false): return "\(whole) is missing; list every micro-batch of every stage"
    }
  }
}
