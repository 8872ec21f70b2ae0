import ClusterSimulation
import Parallelism
import Quantities
import Workload

/// One change of a plan that was tried and fits.
public struct MemoryFix: Hashable, Sendable {
  /// What it does, for people.
  public let summary: String
  /// The scenario keys to set, in the form of the command line's `--set`, for example `plan.zero=1`; empty when the plan is
  /// not written in a form these keys can change.
  public let settings: [String]
  /// Peak memory of the fullest rank with the change, context included.
  public let peakMemory: Bytes
  /// Iteration time with the change.
  public let iterationTime: SimDuration
}

/// Looks for changes that make a plan fit, by simulating each.
public enum MemoryFixFinder {
  /// Fixes of a setup that runs out of memory, the fastest first.
  ///
  /// Single changes are tried first; when none fits, every pair; then the strongest three. Each candidate is validated and replayed in full.
  ///
  /// - Parameters:
  ///   - setup: A setup that does not fit.
  ///   - limit: Most fixes returned.
  ///   - network: Where fixes found by replaying closed forms are confirmed.
  public static func fixes(
    for setup: TrainingSetup, limit: Int = 5, network: NetworkChoice = .ideal
  ) -> [MemoryFix] {
    let single = MemoryChangeCandidate.all.compactMap { evaluate([$0], on: setup) }
    let found = single.isEmpty ? combinations(for: setup) : single
    let ordered = found.enumerated().sorted {
      $0.element.fix.iterationTime != $1.element.fix.iterationTime
        ? $0.element.fix.iterationTime < $1.element.fix.iterationTime : $0.offset < $1.offset
    }.map(\.element)
    return ordered.prefix(limit).compactMap { confirm($0, on: network) }
  }

  /// A fix and the setup it leads to.
  private struct Found {
    let fix: MemoryFix
    let setup: TrainingSetup
  }

  /// Pairs of changes, else the strongest measures together: everything recomputed, all states sharded, and one more.
  private static func combinations(for setup: TrainingSetup) -> [Found] {
    var pairs: [Found] = []
    for (index, first) in MemoryChangeCandidate.all.enumerated() {
      for second in MemoryChangeCandidate.all[(index + 1)...] {
        if let found = evaluate([first, second], on: setup) { pairs.append(found) }
      }
    }
    let both = [MemoryChangeCandidate.fullRecompute, MemoryChangeCandidate.zero(.parameters)]
    return pairs.isEmpty ? MemoryChangeCandidate.all.compactMap { evaluate(both + [$0], on: setup) } : pairs
  }

  /// The fix again as it really runs: event by event, on another network; `nil` when it does not fit there.
  private static func confirm(_ found: Found, on network: NetworkChoice) -> MemoryFix? {
    guard let simulation = try? TrainingSimulation(found.setup), let result = try? simulation.run(network: network),
      result.fits
    else { return nil }
    return MemoryFix(
      summary: found.fix.summary, settings: found.fix.settings, peakMemory: result.peakMemory,
      iterationTime: result.iterationTime)
  }

  /// The candidates applied one after the other and simulated; `nil` unless all change something and the result fits.
  private static func evaluate(_ candidates: [MemoryChangeCandidate], on setup: TrainingSetup) -> Found? {
    var changed = setup
    var settings: [String] = []
    for candidate in candidates {
      guard let next = candidate.apply(changed) else { return nil }
      changed = next.setup
      settings += next.settings
    }
    var plain = changed
    plain.conditions.slowLinks = []
    plain.conditions.failedLinks = []
    guard let simulation = try? TrainingSimulation(plain), let result = try? simulation.run(executor: .replay),
      result.fits
    else { return nil }
    let fix = MemoryFix(
      summary: candidates.map(\.summary).joined(separator: " and "), settings: settings,
      peakMemory: result.peakMemory, iterationTime: result.iterationTime)
    return Found(fix: fix, setup: changed)
  }
}
