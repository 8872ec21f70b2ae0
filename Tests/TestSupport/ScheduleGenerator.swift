import Parallelism

/// Schedules nobody would write by hand, which still run.
public enum ScheduleGenerator {
  /// Plays a pipeline with every rank taking any action that can run, and writes down what each rank did.
  ///
  /// - Parameters:
  ///   - placement: Pipeline rank of each virtual stage.
  ///   - splitsBackward: Chance in percent that a backward pass is split into its input and its weight gradients.
  public static func actions(
    ranks: Int, placement: [Int], microBatches: Int, splitsBackward: Int, using generator: inout SeededGenerator
  ) -> [[ScheduleAction]] {
    var open: [[ScheduleAction]] = Array(repeating: [], count: ranks)
    for stage in placement.indices {
      for microBatch in 0..<microBatches {
        open[placement[stage]].append(.forward(stage: stage, microBatch: microBatch))
        if Int.random(in: 0..<100, using: &generator) < splitsBackward {
          open[placement[stage]] += [
            .backwardInput(stage: stage, microBatch: microBatch), .backwardWeight(stage: stage, microBatch: microBatch),
          ]
        } else {
          open[placement[stage]].append(.backward(stage: stage, microBatch: microBatch))
        }
      }
    }
    var done: Set<ScheduleAction> = []
    var actions: [[ScheduleAction]] = Array(repeating: [], count: ranks)
    while open.contains(where: { !$0.isEmpty }) {
      let rank = Int.random(in: 0..<ranks, using: &generator)
      let runnable = open[rank].indices.filter { canRun(open[rank][$0], stages: placement.count, done) }
      guard !runnable.isEmpty else { continue }
      let action = open[rank].remove(at: generator.pick(runnable))
      done.insert(action)
      actions[rank].append(action)
    }
    return actions
  }

  private static func canRun(_ action: ScheduleAction, stages: Int, _ done: Set<ScheduleAction>) -> Bool {
    switch action {
    case .forward(let stage, let microBatch):
      return stage == 0 || done.contains(.forward(stage: stage - 1, microBatch: microBatch))
    case .backward(let stage, let microBatch), .backwardInput(let stage, let microBatch):
      return done.contains(.forward(stage: stage, microBatch: microBatch))
        && (stage == stages - 1 || done.contains(.backward(stage: stage + 1, microBatch: microBatch))
          || done.contains(.backwardInput(stage: stage + 1, microBatch: microBatch)))
    case .backwardWeight(let stage, let microBatch):
      return done.contains(.backwardInput(stage: stage, microBatch: microBatch))
    }
  }
}
