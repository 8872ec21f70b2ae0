import ScenarioIO

/// A point of the axes that are left when the others are reduced to their best value.
struct ReducedPoint: Hashable, Sendable {
  /// Places on the axes that are left, in their order.
  let coordinates: [Int]
  /// The best point; the first with a result when none fits, `nil` when none has one.
  let best: Int?
}

extension SweepRun {
  /// Positions of the axes that are left when the others are reduced.
  var keptAxes: [Int] { spec.axes.indices.filter { !spec.reducedAxes.contains($0) } }

  /// The best point of every combination of the other axes, in their order.
  ///
  /// Best is the highest throughput among those that fit, the first of equals; where none fits, a point that ran out
  /// of memory rather than one that failed.
  var reduced: [ReducedPoint] {
    let kept = keptAxes
    var order: [[Int]] = []
    var best: [[Int]: Int?] = [:]
    for point in 0..<spec.pointCount {
      let coordinates = spec.coordinates(of: point)
      let place = kept.map { coordinates[$0] }
      guard let known = best[place] else {
        order.append(place)
        best[place] = .some(results[point] == nil ? nil : point)
        continue
      }
      if isBetter(point, than: known) { best[place] = point }
    }
    return order.map { ReducedPoint(coordinates: $0, best: best[$0] ?? nil) }
  }

  private func isBetter(_ point: Int, than known: Int?) -> Bool {
    guard let result = results[point] else { return false }
    guard let known, let other = results[known] else { return true }
    if let mine = result.samplesPerSecond { return mine > other.samplesPerSecond ?? -1 }
    return other.verdict == .failed && result.verdict == .outOfMemory
  }
}
