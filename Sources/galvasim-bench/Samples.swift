import Glibc

/// CPU time this process has used, in nanoseconds: what other programs on the machine do does not count.
func processorNanoseconds() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// CPU time of one call, in seconds.
func measure(_ body: () throws -> Void) rethrows -> Double {
  let begin = processorNanoseconds()
  try body()
  return Double(processorNanoseconds() - begin) * 1e-9
}

/// CPU times of the same work done again and again, in seconds; at least one.
struct Samples {
  /// In the order they were taken.
  private(set) var seconds: [Double] = []

  /// Adds a measurement.
  mutating func add(_ value: Double) { seconds.append(value) }

  /// The shortest.
  var best: Double { seconds.min() ?? 0 }

  /// The middle one.
  var median: Double { Self.median(seconds) }

  /// Longest over shortest, less one: 0 when all were equal.
  var spread: Double { best > 0 ? (seconds.max() ?? 0) / best - 1 : 0 }

  /// How many times faster this was than a baseline: the median over the repetitions, which ran side by side.
  func speed(against baseline: Samples) -> Double {
    Self.median(zip(seconds, baseline.seconds).map { $1 / max($0, 1e-9) })
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard let last = sorted.last else { return 0 }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[max(middle - 1, 0)] + min(last, sorted[middle])) / 2
  }
}
