import ScenarioIO
import Synchronization

/// Hands the points of a sweep to workers, those with the same prices to the same worker as long as it has any.
final class PointQueue: Sendable {
  private struct Group {
    let points: [Int]
    var next = 0
  }

  private let groups: Mutex<[Group]>

  /// Queues points, in the order of their first group members.
  init(_ points: [Int], of spec: SweepSpec) {
    var order: [Int] = []
    var members: [Int: [Int]] = [:]
    for point in points {
      let number = spec.pricingNumber(of: point)
      if members[number] == nil { order.append(number) }
      members[number, default: []].append(point)
    }
    groups = Mutex(order.map { Group(points: members[$0] ?? []) })
  }

  /// The next point for a worker that did points of `group` before; `nil` when all are handed out.
  ///
  /// Without one of its group left, a worker starts the next group nobody works on, and in the end helps with the
  /// group that has most left.
  func next(after group: Int?) -> (group: Int, point: Int)? {
    groups.withLock { groups in
      func left(_ index: Int) -> Int { groups[index].points.count - groups[index].next }
      var chosen = group
      if chosen.map({ left($0) == 0 }) ?? true {
        chosen = groups.firstIndex { $0.next == 0 } ?? groups.indices.max { left($0) < left($1) }
      }
      guard let index = chosen, left(index) > 0 else { return nil }
      defer { groups[index].next += 1 }
      return (index, groups[index].points[groups[index].next])
    }
  }
}
