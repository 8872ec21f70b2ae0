import ScenarioIO
import Synchronization

/// Hands the points of a sweep to workers, those with the same prices to the same worker as long as it has any.
///
/// Searches that differ in the memory limit alone are handed out together: one pass answers all of them.
final class PointQueue: Sendable {
  private struct Group {
    var portions: [[Int]]
    var next = 0
  }

  private let groups: Mutex<[Group]>

  /// Queues points, in the order of their first group members.
  init(_ points: [Int], of spec: SweepSpec) {
    let portions =
      spec.task == .search ? points.gathered(by: spec.familyNumber(of:)).map(\.members) : points.map { [$0] }
    let groups = portions.gathered { spec.pricingNumber(of: $0[0]) }
    self.groups = Mutex(groups.map { Group(portions: $0.members) })
  }

  /// The next points for a worker that did points of `group` before; `nil` when all are handed out.
  ///
  /// Without one of its group left, a worker starts the next group nobody works on, and in the end helps with the
  /// group that has most left.
  func next(after group: Int?) -> (group: Int, points: [Int])? {
    groups.withLock { groups in
      func left(_ index: Int) -> Int { groups[index].portions.count - groups[index].next }
      var chosen = group
      if chosen.map({ left($0) == 0 }) ?? true {
        chosen = groups.firstIndex { $0.next == 0 } ?? groups.indices.max { left($0) < left($1) }
      }
      guard let index = chosen, left(index) > 0 else { return nil }
      defer { groups[index].next += 1 }
      return (index, groups[index].portions[groups[index].next])
    }
  }
}
