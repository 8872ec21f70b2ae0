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
  ///   - network: How the network is shared.
  public static func fixes(
    for setup: TrainingSetup, limit: Int = 5, network: NetworkChoice = .ideal
  ) -> [MemoryFix] {
    let single = MemoryChangeCandidate.all.compactMap { evaluate([$0], on: setup, network) }
    if !single.isEmpty { return fastest(single, limit) }
    var pairs: [MemoryFix] = []
    for (index, first) in MemoryChangeCandidate.all.enumerated() {
      for second in MemoryChangeCandidate.all[(index + 1)...] {
        if let fix = evaluate([first, second], on: setup, network) { pairs.append(fix) }
      }
    }
    return fastest(pairs.isEmpty ? strongest(for: setup, network) : pairs, limit)
  }

  /// The strongest measures together: everything recomputed, all states sharded, and one more change.
  private static func strongest(for setup: TrainingSetup, _ network: NetworkChoice) -> [MemoryFix] {
    let both = [MemoryChangeCandidate.fullRecompute, MemoryChangeCandidate.zero(.parameters)]
    return MemoryChangeCandidate.all.compactMap { evaluate(both + [$0], on: setup, network) }
  }

  private static func fastest(_ fixes: [MemoryFix], _ limit: Int) -> [MemoryFix] {
    let ordered = fixes.enumerated().sorted {
      $0.element.iterationTime != $1.element.iterationTime
        ? $0.element.iterationTime < $1.element.iterationTime : $0.offset < $1.offset
    }
    return ordered.prefix(limit).map(\.element)
  }

  /// The candidates applied one after the other and simulated; `nil` unless all change something and the result fits.
  private static func evaluate(
    _ candidates: [MemoryChangeCandidate], on setup: TrainingSetup, _ network: NetworkChoice
  ) -> MemoryFix? {
    var changed = setup
    var settings: [String] = []
    for candidate in candidates {
      guard let next = candidate.apply(changed) else { return nil }
      changed = next.setup
      settings += next.settings
    }
    guard let simulation = try? TrainingSimulation(changed), let result = try? simulation.run(network: network),
      result.fits
    else {
      return nil
    }
    return MemoryFix(
      summary: candidates.map(\.summary).joined(separator: " and "), settings: settings,
      peakMemory: result.peakMemory, iterationTime: result.iterationTime)
  }
}
