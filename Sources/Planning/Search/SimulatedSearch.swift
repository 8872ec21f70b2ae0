import ClusterSimulation
import Parallelism
import Quantities

/// One round of a search with the simulator as its judge.
public struct SearchRound: Hashable, Sendable {
  /// The plan the formula, as corrected so far, puts first.
  public let first: JudgedPlan
  /// The fastest plan simulated so far; `nil` while none fits.
  public let best: JudgedPlan?
  /// Plans simulated in this round.
  public let simulated: Int
}

/// What a search with the simulator as its judge found.
public struct JudgedOutcome: Sendable {
  /// Plans that fit, fastest per sequence first.
  public var plans: [JudgedPlan]
  /// The plan the formula alone would have chosen, judged.
  public var analyticWinner: JudgedPlan?
  /// Plans the simulator refused.
  public var rejected: [RejectedPlan]
  /// What each round found.
  public var rounds: [SearchRound]
  /// The last search: rejected plans, bounds and work. Its bound holds for the formula with the last corrections.
  public var outcome: SearchOutcome
}

/// Search, simulation of the best, correction of the costs, search again.
public struct SimulatedSearch {
  private let request: PlanRequest
  /// Most rounds of simulation and correction.
  private let limit: Int
  private let network: NetworkChoice
  private var judged: [JudgedPlan] = []
  private var rounds: [SearchRound] = []
  private var correction = CostCorrection()
  private var statistics = SearchStatistics()

  /// Sets up a search; `network` judges the finalists, before that plans are replayed on an ideal network.
  public init(_ request: PlanRequest, rounds: Int = 4, network: NetworkChoice = .ideal) {
    self.request = request
    limit = rounds
    self.network = network
  }

  /// Runs the search.
  public consuming func run() -> JudgedOutcome {
    var session = SearchSession()
    return run(in: &session)
  }

  /// Runs rounds until the fastest simulated plan is the one the corrected formula puts first, or none is new.
  public consuming func run(in session: inout SearchSession) -> JudgedOutcome {
    let first = PlanSearch(request).run(in: &session)
    return run(from: first, in: &session)
  }

  /// Goes on from what the formula alone has found.
  public consuming func run(from first: SearchOutcome, in session: inout SearchSession) -> JudgedOutcome {
    session.open(request.setup)
    var outcome = first
    for round in 0..<limit {
      statistics.add(outcome.statistics)
      statistics.rounds += 1
      let fresh = judge(outcome, &session)
      guard fresh > 0, !stands(outcome), !request.isCancelled(), round + 1 < limit else { break }
      learn()
      outcome = PlanSearch(request, correction: correction).run(in: &session)
    }
    let (plans, winner) = finalists(&session)
    outcome.statistics = statistics
    return JudgedOutcome(
      plans: plans, analyticWinner: winner, rejected: refused, rounds: rounds, outcome: outcome)
  }

  /// Replays the plans of a round that are new: how many.
  private mutating func judge(_ outcome: SearchOutcome, _ session: inout SearchSession) -> Int {
    let plans = outcome.plans + (rounds.isEmpty ? outcome.baselines : [])
    var fresh: [FoundPlan] = []
    for plan in plans {
      let isKnown = judged.contains { $0.found.isLike(plan, isStrict: false) }
      if !isKnown, !fresh.contains(where: { $0.isLike(plan, isStrict: false) }) { fresh.append(plan) }
    }
    var count = 0
    // Even an interrupted search judges its best plan.
    for plan in fresh where judged.isEmpty || !request.isCancelled() {
      request.progress("round \(rounds.count + 1), replays plan \(count + 1) of \(fresh.count)")
      judged.append(session.judge.judge(plan, request.setup, network: .ideal))
      count += 1
    }
    statistics.plansSimulated += count
    if let plan = outcome.plans.first, let first = judged.first(where: { $0.found.isLike(plan, isStrict: false) }) {
      // What the formula says now, not what it said when the plan was found.
      let now = JudgedPlan(
        found: plan, replayedTime: first.replayedTime, simulatedTime: first.simulatedTime, peaks: first.peaks,
        reserved: first.reserved, busy: first.busy, reason: first.reason)
      rounds.append(SearchRound(first: now, best: fastest.first, simulated: count))
    }
    return fresh.count
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

  private var fastest: [JudgedPlan] { Self.sorted(judged.filter { $0.reason == nil }) }

  private static func sorted(_ plans: [JudgedPlan]) -> [JudgedPlan] {
    plans.enumerated().sorted {
      $0.element.throughput != $1.element.throughput
        ? $0.element.throughput > $1.element.throughput : $0.offset < $1.offset
    }.map(\.element)
  }

  /// The best plans and the formula's first choice, on a shared network when asked, where their order may change.
  private mutating func finalists(_ session: inout SearchSession) -> (plans: [JudgedPlan], winner: JudgedPlan?) {
    let best = Array(fastest.prefix(request.count))
    guard network == .shared, let first = judged.first else { return (best, judged.first) }
    var plans = best
    if first.reason == nil, !plans.contains(first) { plans.append(first) }
    statistics.plansSimulated += plans.count
    let again = plans.enumerated().map { index, plan in
      request.progress("finalist \(index + 1) of \(plans.count) on shared links")
      return session.judge.judge(plan.found, request.setup, network: .shared, before: plan)
    }
    judged += again.filter { $0.reason != nil }
    let winner = again.first { $0.found.isLike(first.found, isStrict: false) } ?? first
    return (Array(Self.sorted(again.filter { $0.reason == nil }).prefix(request.count)), winner)
  }

  /// Corrects times by the plans that were simulated, and memory by those that did not fit.
  private mutating func learn() {
    correction = CostCorrection()
    for plan in judged {
      if let time = plan.simulatedTime {
        correction.learn(plan.found, busy: plan.busy, time: time)
      } else if plan.peaks.count == plan.found.plan.pipelineParallel {
        correction.learn(
          pipeline: plan.found.plan.pipelineParallel, missing: zip(plan.peaks, plan.found.memory).map { $0 - $1 })
      }
    }
  }
}
