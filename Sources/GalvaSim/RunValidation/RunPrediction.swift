import ClusterSimulation
import Quantities

/// What the simulator says of a row.
struct RunPrediction: Sendable {
  /// Seconds of what the row has timed.
  var time: Double
  /// Operations of the model in an iteration, by ``ScenarioRun/operationConvention``.
  var operations: Double
  /// Peak memory in the row's unit.
  var memory: Double
  /// Whether every rank stays below its capacity.
  var fits: Bool
  /// Time of the busiest rank by what it did: compute, bubble, exposed communication, optimizer.
  var parts: [Double]

  /// Replays a row; the reason when it cannot be.
  static func of(_ scenario: RunMapping.Scenario, metric: MemoryMetric) throws(RunGap) -> RunPrediction {
    let result: SimulationResult
    do throws(SimulationError) {
      result = try TrainingSimulation(scenario.setup).run(executor: .replay)
    } catch {
      throw RunGap("the plan cannot run: \(String(describing: error).split(separator: "\n").first ?? "")")
    }
    let busiest = result.busiest
    return RunPrediction(
      time: scenario.region.time(result), operations: result.modelOperations.count, memory: metric.value(result),
      fits: result.fits,
      parts: [busiest.compute, busiest.bubble, busiest.exposedTotal, busiest.optimizer].map(\.seconds.value))
  }
}

extension TimedRegion {
  /// Seconds of the region, from the start of the iteration.
  func time(_ result: SimulationResult) -> Double {
    guard self != .iteration else { return result.iterationTime.seconds.value }
    var end: Int64 = 0
    for rank in 0..<result.trace.map.rankCount {
      result.trace.forEachTask(ofSimulatedRank: rank) { task in
        if contains(task.info.kind) { end = max(end, task.end.nanoseconds) }
      }
    }
    return Double(end) * 1e-9
  }

  private func contains(_ kind: TaskKind) -> Bool {
    switch kind {
    case .forward: true
    case .backwardInput, .backwardWeight, .recompute: self == .passes
    default: false
    }
  }
}
