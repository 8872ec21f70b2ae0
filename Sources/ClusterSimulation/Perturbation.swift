import Hardware
import Quantities

/// How the time of a kernel on a rank departs from the program's: jitter and slow intervals.
///
/// A draw depends on the seed, the global rank and the row within its program only, never on the order of execution.
struct Perturbation {
  /// Whether anything departs.
  let isActive: Bool
  /// Equally likely factors; empty without jitter.
  private let factors: [Double]
  private let seed: UInt64
  private let globalRanks: [Int]
  private let firstRows: [Int]
  /// Slow intervals of each simulated rank, in order of time.
  private let intervals: [[Conditions.Straggler]]

  init(_ conditions: Conditions, map: RankMap) {
    factors = conditions.jitter?.quantiles ?? []
    seed = conditions.seed
    globalRanks = map.globalRanks
    firstRows = map.firstRows
    var ofRank: [Int: [Conditions.Straggler]] = [:]
    for straggler in conditions.stragglers { ofRank[straggler.rank, default: []].append(straggler) }
    intervals =
      ofRank.isEmpty ? [] : map.globalRanks.map { (ofRank[$0] ?? []).sorted { $0.from < $1.from } }
    isActive = !factors.isEmpty || !intervals.isEmpty
  }

  /// When a kernel ends that starts at `start` and takes `duration` in the program.
  func end(rank: Int, row: Int, start: Int64, duration: Int64) -> Int64 {
    let varied = factors.isEmpty ? duration : jittered(duration, rank: rank, row: row)
    guard !intervals.isEmpty, !intervals[rank].isEmpty else { return start + varied }
    return stretched(varied, start: start, over: intervals[rank])
  }

  private func jittered(_ duration: Int64, rank: Int, row: Int) -> Int64 {
    var hash = StableHash()
    hash.combine(seed)
    hash.combine(UInt64(globalRanks[rank]))
    hash.combine(UInt64(row - firstRows[rank]))
    let index = Int((hash.value >> 32) % UInt64(factors.count))
    return Int64((Double(duration) * factors[index]).rounded(.up))
  }

  /// Works through the intervals: inside one, `speed` nanoseconds of work are done per nanosecond.
  private func stretched(_ duration: Int64, start: Int64, over intervals: [Conditions.Straggler]) -> Int64 {
    var now = start
    var work = Double(duration)
    for interval in intervals where interval.until.nanoseconds > now {
      let free = Double(max(0, interval.from.nanoseconds - now))
      if work <= free { break }
      work -= free
      now = max(now, interval.from.nanoseconds)
      let possible = Double(interval.until.nanoseconds - now) * interval.speed
      if work <= possible { return now + Int64((work / interval.speed).rounded(.up)) }
      work -= possible
      now = interval.until.nanoseconds
    }
    return now + Int64(work.rounded(.up))
  }
}
