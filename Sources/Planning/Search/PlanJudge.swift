import ClusterSimulation
import Parallelism
import Quantities

/// A plan with what the simulator says of it.
public struct JudgedPlan: Hashable, Sendable {
  /// The plan.
  public let found: FoundPlan
  /// Seconds of an iteration with every group's network to itself; `nil` when it does not fit or cannot run.
  public let replayedTime: Double?
  /// Seconds of an iteration where the plan was judged last: with links shared, if that was asked for.
  public let simulatedTime: Double?
  /// Simulated bytes by stage, context included; empty when it cannot run.
  public let peaks: [Int64]
  /// Bytes the framework's allocator holds, by stage; empty when it cannot run.
  public let reserved: [Int64]
  /// Seconds the busiest rank of each stage works: kernels, exposed collectives and the update, no waiting for others.
  public let busy: [Double]
  /// Why it cannot be used; `nil` when it can.
  public let reason: String?

  /// Simulated sequences per second.
  public var throughput: Double { simulatedTime.map { Double(found.globalBatch) / $0 } ?? 0 }
}

/// Simulates plans, each once: times and peaks of a plan do not depend on the limit it is measured against. Only where a peak
/// comes close to the limit a simulation under the limit asks the allocator.
struct PlanJudge: Sendable {
  private struct Case: Hashable {
    var plan: ParallelPlan
    var globalBatch: Int
    var network: NetworkChoice
    /// Bytes a GPU may use; `nil` for what it has.
    var limit: Int64?
  }

  /// What the simulator says, memory limit aside.
  private struct Outcome {
    var time = 0.0
    var peaks: [Int64] = []
    var reserved: [Int64] = []
    /// Context of the fullest rank, by stage.
    var context: [Int64] = []
    var busy: [Double] = []
    var failure: String?
  }

  private var known: [Case: Outcome] = [:]
  /// Simulations run so far.
  private(set) var simulations = 0

  /// Judges a plan against the setup's memory limit; `before` is the plan's replay when it is judged on shared links.
  mutating func judge(
    _ plan: FoundPlan, _ setup: TrainingSetup, network: NetworkChoice, before: JudgedPlan? = nil
  ) -> JudgedPlan {
    let limit = setup.memoryCapacity.count
    var outcome = outcome(plan, setup, network, limit: nil)
    let most = outcome.peaks.max() ?? 0
    if outcome.failure == nil, most <= limit, Double(most) > SimulationResult.crowded * Double(limit) {
      let free = outcome
      outcome = self.outcome(plan, setup, network, limit: limit)
      // What a fragmented stage would have needed is what it holds where nothing limits it.
      if outcome.failure != nil {
        outcome.peaks = zip(free.peaks, zip(free.reserved, free.context)).map { max($0, $1.0 + $1.1) }
      }
    }
    var reason = outcome.failure
    if reason == nil, let stage = outcome.peaks.firstIndex(where: { $0 > limit }) {
      let missing = Double(outcome.peaks[stage] - limit) / 1_048_576
      reason = "stage \(stage) runs out of memory in the simulation: it needs \(Int(missing.rounded(.up))) MiB more"
    }
    let time = reason == nil ? outcome.time : nil
    return JudgedPlan(
      found: plan, replayedTime: network == .ideal ? time : before?.replayedTime, simulatedTime: time,
      peaks: outcome.peaks, reserved: outcome.reserved, busy: outcome.busy, reason: reason)
  }

  private mutating func outcome(
    _ plan: FoundPlan, _ setup: TrainingSetup, _ network: NetworkChoice, limit: Int64?
  ) -> Outcome {
    let given = Case(plan: plan.plan, globalBatch: plan.globalBatch, network: network, limit: limit)
    if let outcome = known[given] { return outcome }
    simulations += 1
    let outcome = Self.simulated(plan, setup, network, limit: limit)
    known[given] = outcome
    return outcome
  }

  private static func simulated(
    _ plan: FoundPlan, _ setup: TrainingSetup, _ network: NetworkChoice, limit: Int64?
  ) -> Outcome {
    var setup = setup
    setup.plan = plan.plan
    setup.job.globalBatch = plan.globalBatch
    setup.options.memoryLimit = limit.map { Bytes($0) }
    do throws(SimulationError) {
      let result = try TrainingSimulation(setup).run(network: network)
      return Outcome(
        time: result.iterationTime.seconds.value, peaks: result.stages.map(\.memory.bytes.count),
        reserved: result.allocatorReports.map(\.reservedPeak),
        context: result.stages.map(\.memory.context.count), busy: result.stages.map(\.time.busy),
        failure: result.outOfMemory.map { "stage \($0.stage) runs out of memory in the simulation: \($0.task)" })
    } catch { return Outcome(failure: "\(error)") }
  }
}

extension TimeBreakdown {
  /// Seconds a rank works or waits for what it exchanges within its stage.
  fileprivate var busy: Double {
    let inside = ExposedCommunication.allCases.filter { $0 != .pipeline }
    let waiting = inside.reduce(0.0) { $0 + exposed[Int($1.rawValue)].seconds.value }
    return compute.seconds.value + optimizer.seconds.value + waiting
  }
}
