/// From an instant on, a link has a load.
@frozen
public struct LinkLoadChange: Hashable, Sendable {
  /// Nanoseconds.
  public let time: Int64
  /// Index of the link.
  public let link: Int
  /// Bytes per second.
  public let load: Double
}

/// The loads links have had, up to a number of changes; loads that differ by rounding are one.
struct LinkLoadRecord: ~Copyable {
  let limit: Int
  private(set) var isComplete: Bool
  /// In the order of time for each link, not over all.
  private var changes = GrowingBuffer<LinkLoadChange>()
  /// What was recorded last of each link, in bytes per second.
  private var lastLoads: GrowingBuffer<Double>

  /// An empty record: every link carries nothing.
  init(limit: Int, linkCount: Int) {
    self.limit = limit
    isComplete = limit > 0
    lastLoads = GrowingBuffer(repeating: 0, count: linkCount)
  }

  /// Notes the load a link has had up to now.
  mutating func append(_ state: LinkState, link: Int) {
    guard isComplete, isNew(state, link: link) else { return }
    guard changes.count < limit else {
      isComplete = false
      return
    }
    lastLoads[link] = state.load
    changes.append(LinkLoadChange(time: state.since, link: link, load: state.load))
  }

  /// The changes of one link, with the load it has now.
  func changes(ofLink link: Int, _ state: LinkState) -> [LinkLoadChange] {
    var result: [LinkLoadChange] = []
    for index in 0..<changes.count where changes[index].link == link { result.append(changes[index]) }
    if isComplete && isNew(state, link: link) {
      result.append(LinkLoadChange(time: state.since, link: link, load: state.load))
    }
    return result
  }

  private func isNew(_ state: LinkState, link: Int) -> Bool {
    let last = lastLoads[link]
    let difference = state.load > last ? state.load - last : last - state.load
    return difference > state.capacity * LinkState.tolerance
  }
}
