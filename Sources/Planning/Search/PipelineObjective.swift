/// What the layers of a stage take.
public struct StageCost: Hashable, Sendable {
  /// Seconds of one micro-batch, forward and backward.
  public var step: Double
  /// Seconds that a stage takes once an iteration: reductions nothing hides, and the update.
  public var once: Double

  /// Nothing.
  public static let zero = StageCost(step: 0, once: 0)

  /// Pairs the two.
  public init(step: Double, once: Double) {
    self.step = step
    self.once = once
  }

  /// The sum of two.
  static func + (left: StageCost, right: StageCost) -> StageCost {
    StageCost(step: left.step + right.step, once: left.once + right.once)
  }
}

/// Seconds of an iteration of a pipeline: the objective of the search with galvasim's own costs.
///
/// A micro-batch passes all stages, then the slowest stage sets the pace of the others, then the slowest end of a stage is
/// waited for: `T = sum C_i + (m-1) max C_i + max Y_i + hops`. The first two terms are those of GPipe and of 1F1B with
/// flush (Narayanan et al., SOSP 2019 and SC 2021).
public struct PipelineObjective: Hashable, Sendable {
  /// Stages.
  public let stages: Int
  /// Micro-batches.
  public let microBatches: Int
  /// Seconds of the messages of one micro-batch there and back.
  public let hops: Double

  /// Collects the parts.
  public init(stages: Int, microBatches: Int, hops: Double) {
    self.stages = stages
    self.microBatches = microBatches
    self.hops = hops
  }

  /// Seconds of an iteration; shape `[stages]`.
  public func time(_ costs: [StageCost]) -> Double {
    let slowest = costs.map(\.step).max() ?? 0
    let once = costs.map(\.once).max() ?? 0
    return costs.reduce(0) { $0 + $1.step } + Double(microBatches - 1) * slowest + once + hops
  }

  /// What a stage's micro-batch weighs against what it takes once, when all stages are alike: `m + P - 1` to 1.
  public var weight: Double { Double(microBatches + stages - 1) }

  /// A lower bound on the time from a lower bound on each stage's `weight * step + once`.
  ///
  /// Largest terms are at least averages: `T >= sum (weight C_i + Y_i) / P + hops`.
  public func bound(weighted: Double) -> Double { weighted / Double(stages) + hops }
}
