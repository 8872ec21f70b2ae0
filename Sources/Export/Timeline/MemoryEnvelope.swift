import ClusterSimulation
import Quantities

/// The memory of a rank over time in a few intervals: what it held when it held most in each.
///
/// The highest instant of an interval stands for it, so that no peak is lost, and the categories add up to it.
struct MemoryEnvelope {
  /// Starts of the intervals in nanoseconds, ascending, the first 0; the last interval ends with the iteration.
  let starts: [Int64]
  /// Bytes per interval and category; shape `[intervals * MemoryCategory.allCases.count]`.
  let held: [Int64]

  /// Categories per interval.
  static let categoryCount = MemoryCategory.allCases.count

  /// Equal intervals.
  ///
  /// - Precondition: `count >= 1`.
  static func grid(iteration: Int64, count: Int) -> [Int64] {
    let parts = max(1, min(Int64(count), iteration))
    let (whole, rest) = iteration.quotientAndRemainder(dividingBy: parts)
    return (0..<parts).map { $0 * whole + $0 * rest / parts }
  }

  /// One interval between any two changes, or `nil` when that would be more than `limit`.
  static func everyChange(of timeline: MemoryTimeline, limit: Int) -> [Int64]? {
    var starts: [Int64] = [0]
    for change in timeline.changes where change.time.nanoseconds > starts[starts.count - 1] {
      guard starts.count < limit else { return nil }
      starts.append(change.time.nanoseconds)
    }
    return starts
  }

  /// Walks the ledger once.
  init(_ timeline: MemoryTimeline, starts: [Int64]) {
    self.starts = starts
    var held: [Int64] = []
    held.reserveCapacity(starts.count * Self.categoryCount)
    var state = Array(repeating: Int64(0), count: Self.categoryCount)
    for part in timeline.resident { state[Int(part.category.rawValue)] += part.bytes.count }
    var sum = state.reduce(0, +)
    var next = 0
    func apply(_ change: MemoryChange) {
      state[Int(change.category.rawValue)] += change.bytes
      sum += change.bytes
      next += 1
    }
    for (index, start) in starts.enumerated() {
      let end = index + 1 < starts.count ? starts[index + 1] : Int64.max
      // What is given back at the very start of the interval belongs to the one before.
      while let change = timeline.change(next), change.time.nanoseconds == start, change.bytes < 0 { apply(change) }
      let base = held.count
      held.append(contentsOf: state)
      var bestSum = sum
      while let change = timeline.change(next), change.time.nanoseconds < end {
        apply(change)
        guard sum > bestSum else { continue }
        bestSum = sum
        for category in 0..<Self.categoryCount { held[base + category] = state[category] }
      }
    }
    self.held = held
  }

  /// Bytes of a category in every interval.
  func values(of category: MemoryCategory) -> [Int64] {
    starts.indices.map { held[$0 * Self.categoryCount + Int(category.rawValue)] }
  }

  /// Bytes of all categories in every interval.
  var totals: [Int64] {
    starts.indices.map { index in
      var sum: Int64 = 0
      for place in (index * Self.categoryCount)..<((index + 1) * Self.categoryCount) { sum += held[place] }
      return sum
    }
  }
}

extension MemoryTimeline {
  /// The change at an index; `nil` behind the last.
  fileprivate func change(_ index: Int) -> MemoryChange? { index < changes.count ? changes[index] : nil }
}
