import Parallelism
import Planning
import Quantities
import ScenarioIO

/// What came of one point of a sweep.
public struct PointResult: Hashable, Sendable {
  /// How a point ended.
  public enum Verdict: String, CaseIterable, Hashable, Sendable {
    /// The plan fits; of a search: a plan was found.
    case fits
    /// The plan runs out of memory; of a search: no plan fits.
    case outOfMemory = "out_of_memory"
    /// The point could not be run: bad input, an impossible schedule.
    case failed
  }

  /// How it ended.
  public var verdict: Verdict
  /// Seconds of an iteration; `nil` unless it fits. Of a search without simulation the formula's.
  public var iterationTime: Double?
  /// Sequences per second; `nil` unless it fits.
  public var samplesPerSecond: Double?
  /// Seconds by the formula of the search; `nil` for replays.
  public var analyticTime: Double?
  /// Reserved bytes of the fullest GPU; when memory runs out, what was held then.
  public var peakReserved: Int64?
  /// Bytes a GPU may use.
  public var capacity: Int64?
  /// Sequences of an iteration.
  public var globalBatch: Int?
  /// Micro-batches of an iteration.
  public var microBatches: Int?
  /// The plan in a few words; empty without one.
  public var planSummary = ""
  /// The plan with every layer, ``ParallelPlan/text``; empty without one.
  public var planText = ""
  /// Why it does not fit or failed; empty otherwise.
  public var reason = ""

  /// A point that could not be run.
  static func failure(_ reason: String) -> PointResult {
    PointResult(verdict: .failed, reason: reason.split(separator: "\n").joined(separator: "; "))
  }
}

extension PointResult {
  /// A replay.
  init(_ run: ScenarioRun) {
    let result = run.result
    self.init(verdict: result.fits ? .fits : .outOfMemory)
    if result.fits {
      iterationTime = result.iterationTime.seconds.value
      samplesPerSecond = result.samplesPerSecond
    }
    peakReserved = result.allocatorReports.map(\.reservedPeak).max()
    capacity = result.setup.memoryCapacity.count
    globalBatch = run.scenario.job.globalBatch
    describe(run.scenario.plan)
    if let failure = result.outOfMemory {
      reason = "stage \(failure.stage) runs out of memory: \(failure.task)"
    }
  }

  /// A search.
  init(_ run: SearchRun) {
    self.init(verdict: .outOfMemory)
    capacity = run.memoryLimit
    guard let best = run.entries.first(where: { run.options.evaluator == .analytic || $0.simulatedTime != nil }) else {
      reason =
        run.nearest.map { "no plan fits; the nearest misses by \(Readable.gibibytes($0.missing)) GiB" }
        ?? run.rejected.first.map { "no plan fits; \($0.summary): \($0.reason)" } ?? "no plan fits"
      return
    }
    verdict = .fits
    iterationTime = best.simulatedTime ?? best.analyticTime
    samplesPerSecond = best.throughput
    analyticTime = best.analyticTime
    peakReserved = best.reserved.max()
    globalBatch = best.globalBatch
    describe(best.plan)
  }

  private mutating func describe(_ plan: ParallelPlan) {
    microBatches = plan.microBatches
    planSummary = plan.summary
    planText = plan.text
  }
}
