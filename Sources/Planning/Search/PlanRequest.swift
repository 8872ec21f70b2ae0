import ClusterSimulation
import Parallelism
import Quantities

/// What to search for.
public struct PlanRequest: Sendable {
  /// What is trained, where and how. Its plan gives the schedule; the rest is searched.
  public var setup: TrainingSetup
  /// Which plans.
  public var method = SearchMethod.bmw
  /// What may vary.
  public var space: SpaceOptions
  /// Batch sizes to try.
  public var globalBatches: [Int]
  /// Micro-batches to try; all divisors of a batch when `nil`.
  public var microBatches: [Int]?
  /// Bytes of a unit of the memory axis; 1 for exact bytes.
  public var memoryUnit: Int64 = 1 << 20
  /// Plans to keep.
  public var count = 5
  /// Asked between two parts of the work; the search ends with what it has when it says so.
  public var isCancelled: @Sendable () -> Bool = { false }
  /// Told what is looked at next.
  public var progress: @Sendable (String) -> Void = { _ in }

  /// Asks for the setup's batch size.
  public init(setup: TrainingSetup, space: SpaceOptions) {
    self.setup = setup
    self.space = space
    globalBatches = [setup.job.globalBatch]
  }
}

/// A plan the search found.
public struct FoundPlan: Hashable, Sendable {
  /// The plan.
  public let plan: ParallelPlan
  /// Sequences of an iteration.
  public let globalBatch: Int
  /// Modelled seconds of an iteration, with what earlier simulations have taught.
  public let analyticTime: Double
  /// Modelled bytes by stage.
  public let memory: [Int64]
  /// Evenness of time over stages: `1 - max / sum`.
  public let timeBalance: Double
  /// Evenness of memory over stages.
  public let memoryBalance: Double
  /// Costs of the stages by the formula as it stands, without corrections; shape `[stages]`.
  public let costs: [StageCost]
  /// What makes an iteration of them.
  public let objective: PipelineObjective

  /// Seconds of an iteration by the formula as it stands.
  public var formulaTime: Double { objective.time(costs) }

  /// Modelled sequences per second.
  public var throughput: Double { Double(globalBatch) / analyticTime }
}

/// A plan or a part of the space that was left out.
public struct RejectedPlan: Hashable, Sendable {
  /// What.
  public let summary: String
  /// Why.
  public let reason: String

  /// Pairs the two.
  public init(summary: String, reason: String) {
    self.summary = summary
    self.reason = reason
  }
}

/// What a search found.
public struct SearchOutcome: Sendable {
  /// The best plans, fastest per sequence first.
  public var plans: [FoundPlan]
  /// The fastest plans of pure methods in the space, for the simulator to look at beside ``plans``.
  public var baselines: [FoundPlan]
  /// What was left out.
  public var rejected: [RejectedPlan]
  /// Strategies of the whole space, over all pipeline degrees.
  public var strategies: Int
  /// Candidates that rules or the method leave out.
  public var pruned: Int
  /// Seconds per sequence times the best plan's batch below which no plan of the space is; `nil` when not all of the
  /// space was bounded.
  public var lowerBound: Double?
  /// Work done.
  public var statistics: SearchStatistics
  /// The plan nearest to fitting when none fits, and the bytes by which it misses.
  public var nearest: (plan: FoundPlan, missing: Int64)?
}

extension FoundPlan {
  /// Whether another plan tells nothing new: the same frame (strictly), or the same plan.
  func isLike(_ other: FoundPlan, isStrict: Bool) -> Bool {
    guard isStrict else { return plan == other.plan && globalBatch == other.globalBatch }
    return plan.pipelineParallel == other.plan.pipelineParallel && plan.microBatches == other.plan.microBatches
      && globalBatch == other.globalBatch
  }
}
