import ClusterSimulation
import Quantities

/// What shared links carried over time, as files show it.
enum LinkUse {
  /// Mean fraction of the capacity each link used, by interval; all as long as the longest that carried something.
  static func fractions(_ report: NetworkReport) -> [[Double]] {
    let count = report.links.first?.history.count ?? 0
    let used = report.links.map { ($0.history.lastIndex { $0 > 0 } ?? -1) + 1 }.max() ?? 0
    let shown = max(1, min(used, count))
    let width = report.interval.seconds.value
    return report.links.map { link in
      (0..<shown).map { place in
        place < link.history.count ? link.history[place] / (width * link.capacity.bytesPerSecond) : 0
      }
    }
  }

  /// The links of a timeline.
  static func links(_ report: NetworkReport) -> [TimelineOverview.Link] {
    zip(report.links, fractions(report)).map {
      TimelineOverview.Link(name: $0.name, count: $0.count, utilization: $1)
    }
  }
}
