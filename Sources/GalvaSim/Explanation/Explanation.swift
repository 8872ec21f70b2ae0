import ClusterSimulation
import Quantities
import ScenarioIO

/// Every term of the time of the busiest rank and of the peak memory of the fullest one.
public struct Explanation: Sendable {
  /// Part of an iteration that can bound it.
  public struct Part: Hashable, Sendable {
    /// For people, for example `exposed dp communication`.
    public let name: String
    /// Seconds of the busiest rank.
    public let seconds: Double
  }

  /// What was simulated.
  public let run: ScenarioRun
  /// The stage whose rank computes longest.
  public let busiest: StageSummary
  /// Its kernels, the longest first.
  public let kernels: [TimeTerm]
  /// Kernels by limit, waiting by cause; they add up to the iteration, the longest first.
  public let parts: [Part]
  /// The stage whose rank holds most.
  public let fullest: StageSummary
  /// What it holds at its peak, the largest first.
  public let memory: [MemoryTerm]
  /// Share of the iteration that an even pipeline would wait: `(P-1)/(P-1+m v)`.
  public let evenBubble: Double

  /// Explains a run; `nil` when it has no stage.
  public init?(_ run: ScenarioRun) {
    let result = run.result
    guard let busiest = result.stages.max(by: { $0.time.compute < $1.time.compute }),
      let fullest = result.stages.max(by: { $0.memory.bytes < $1.memory.bytes })
    else { return nil }
    self.run = run
    self.busiest = busiest
    self.fullest = fullest
    kernels = result.timeTerms(ofSimulatedRank: busiest.busiest)
    memory = result.memoryTerms(ofSimulatedRank: fullest.fullest)
    parts = Self.parts(kernels, busiest.time)
    let plan = result.setup.plan
    let warmup = Double(plan.pipelineParallel - 1)
    evenBubble = warmup / (warmup + Double(plan.microBatches * plan.virtualStages))
  }

  private static func parts(_ kernels: [TimeTerm], _ time: TimeBreakdown) -> [Part] {
    func kernelTime(_ limit: TimeTerm.Limit) -> Double {
      kernels.filter { $0.limit == limit && $0.kind != .optimizer }.reduce(0) { $0 + $1.seconds }
    }
    var parts = [
      Part(name: "kernels, bound by arithmetic", seconds: kernelTime(.arithmetic)),
      Part(name: "kernels, bound by memory", seconds: kernelTime(.memory)),
      Part(name: "kernels, bound by overheads", seconds: kernelTime(.overhead)),
      Part(name: "pipeline bubble", seconds: time.bubble.seconds.value),
      Part(name: "weight update", seconds: time.optimizer.seconds.value),
      Part(name: "idle at the end", seconds: time.idle.seconds.value),
    ]
    parts += ExposedCommunication.allCases.map {
      Part(name: "exposed \($0.key) communication", seconds: time[$0].seconds.value)
    }
    return parts.filter { $0.seconds > 0 }.sorted {
      $0.seconds != $1.seconds ? $0.seconds > $1.seconds : $0.name < $1.name
    }
  }

  /// What bounds the step, for people.
  public var bound: String {
    guard let first = parts.first else { return "nothing" }
    let iteration = run.result.iterationTime.seconds.value
    let longest = kernels.first.map { "; the longest kernel is \($0.kind.name) \($0.name)" } ?? ""
    return "\(first.name), \(Readable.percent(first.seconds / iteration)) of the iteration"
      + (first.name.hasPrefix("kernels") ? longest : "")
  }
}
