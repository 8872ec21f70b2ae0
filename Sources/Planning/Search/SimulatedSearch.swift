import ClusterSimulation
import Parallelism
import Quantities

/// A plan with what the simulator says of it.
public struct JudgedPlan: Hashable, Sendable {
  /// The plan.
  public let found: FoundPlan
  /// Simulated seconds of an iteration; `nil` when it does not fit or cannot run.
  public let simulatedTime: Double?
  /// Simulated bytes by stage, context included; empty when it cannot run.
  public let peaks: [Int64]
  /// Why it cannot be used; `nil` when it can.
  public let reason: String?

  /// Simulated sequences per second.
  public var throughput: Double { simulatedTime.map { Double(found.globalBatch) / $0 } ?? 0 }
}

/// What a search with the simulator as its judge found.
public struct JudgedOutcome: Sendable {
  /// Plans that fit, fastest per sequence first.
  public var plans: [JudgedPlan]
  /// The plan the formula alone would have chosen, judged.
  public var analyticWinner: JudgedPlan?
  /// Plans the simulator refused.
  public var rejected: [RejectedPlan]
  /// The last search: rejected plans, bounds and work. Its bound holds for the formula with the last corrections.
  public var outcome: SearchOutcome
}

/// Search, simulation of the best, correction of the costs, search again.
public struct SimulatedSearch {
  private let request: PlanRequest
  /// Most rounds of simulation and correction.
  private let rounds: Int
  private let network: NetworkChoice
  private var judged: [JudgedPlan] = []
  private var correction = CostCorrection()

  /// Sets up a search; `network` judges the finalists of the last round, earlier ones are replayed on an ideal network.
  public init(_ request: PlanRequest, rounds: Int = 4, network: NetworkChoice = .ideal) {
    self.request = request
    self.rounds = rounds
    self.network = network
  }

  /// Runs rounds until the fastest simulated plan is the one the corrected formula puts first, or none is new.
  public consuming func run() -> JudgedOutcome {
    var statistics = SearchStatistics()
    var outcome = PlanSearch(request).run()
    var analyticWinner: JudgedPlan?
    for round in 0..<rounds {
      statistics.add(outcome.statistics)
      statistics.rounds += 1
      let fresh = outcome.plans.filter { plan in !judged.contains { $0.found.isLike(plan, isStrict: false) } }
      // Even an interrupted search judges its best plan.
      for plan in fresh where judged.isEmpty || !request.isCancelled() {
        judged.append(Self.judge(plan, request.setup, network: .ideal))
        statistics.plansSimulated += 1
      }
      if round == 0 { analyticWinner = judged.first }
      guard !fresh.isEmpty, !stands(outcome), !request.isCancelled(), round + 1 < rounds else { break }
      learn()
      outcome = PlanSearch(request, correction: correction).run()
    }
    outcome.statistics = statistics
    return JudgedOutcome(
      plans: finalists(&outcome.statistics), analyticWinner: analyticWinner, rejected: refused, outcome: outcome)
  }

  /// Whether the formula's first plan is also the fastest simulated one.
  private func stands(_ outcome: SearchOutcome) -> Bool {
    guard let first = outcome.plans.first, let best = fastest.first else { return false }
    return best.found.isLike(first, isStrict: false)
  }

  private var refused: [RejectedPlan] {
    judged.compactMap { plan in
      plan.reason.map { RejectedPlan(summary: plan.found.plan.text, reason: $0) }
    }
  }

  private var fastest: [JudgedPlan] {
    judged.filter { $0.reason == nil }.enumerated().sorted {
      $0.element.throughput != $1.element.throughput
        ? $0.element.throughput > $1.element.throughput : $0.offset < $1.offset
    }.map(\.element)
  }

  /// The best plans; on a shared network when asked, where their order may change.
  private func finalists(_ statistics: inout SearchStatistics) -> [JudgedPlan] {
    let best = Array(fastest.prefix(request.count))
    guard network == .shared else { return best }
    statistics.plansSimulated += best.count
    let again = best.map { Self.judge($0.found, request.setup, network: .shared) }
    return again.filter { $0.reason == nil }.sorted { $0.throughput > $1.throughput }
  }

  /// Replays a plan.
  static func judge(_ plan: FoundPlan, _ setup: TrainingSetup, network: NetworkChoice) -> JudgedPlan {
    var setup = setup
    setup.plan = plan.plan
    setup.job.globalBatch = plan.globalBatch
    do throws(SimulationError) {
      let result = try TrainingSimulation(setup).run(network: network)
      let peaks = result.stages.map(\.memory.bytes.count)
      let failure = result.outOfMemory.map { "stage \($0.stage) runs out of memory in the simulation: \($0.task)" }
      return JudgedPlan(
        found: plan, simulatedTime: result.fits ? result.iterationTime.seconds.value : nil, peaks: peaks,
        reason: failure)
    } catch {
      return JudgedPlan(found: plan, simulatedTime: nil, peaks: [], reason: "\(error)")
    }
  }

  /// Corrects the costs of every pipeline degree by its last simulated plan, and the memory by those that did not fit.
  private mutating func learn() {
    correction = CostCorrection()
    for plan in judged {
      let pipeline = plan.found.plan.pipelineParallel
      if let time = plan.simulatedTime {
        // The formula's time already holds the factor it was corrected by when the plan was found.
        correction.learn(pipeline: pipeline, factor: plan.factor(time))
      } else if plan.peaks.count == pipeline {
        correction.learn(
          pipeline: pipeline, missing: zip(plan.peaks, plan.found.memory).map { $0 - $1 })
      }
    }
  }
}

extension JudgedPlan {
  /// Seconds simulated over seconds of the uncorrected formula.
  fileprivate func factor(_ time: Double) -> Double { time / found.analyticTime * found.correction }
}

extension SearchStatistics {
  /// Adds the work of another search.
  mutating func add(_ other: SearchStatistics) {
    dynamicPrograms += other.dynamicPrograms
    labels += other.labels
    candidates += other.candidates
    plansScored += other.plansScored
  }
}
