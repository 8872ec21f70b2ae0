import ClusterSimulation

/// Numbers of the tracks of a timeline: cluster, then nodes, GPUs, streams and counters below them.
struct PerfettoTracks {
  typealias Track = PerfettoWriter.Track

  static let cluster: Track = 1
  static let events: Track = 2
  static let network: Track = 3

  /// Numbers each rank has for itself.
  private static let perRank: Track = 32
  private let firstLink: Track
  private let firstRank: Track
  private let firstNode: Track = 16

  init(_ overview: TimelineOverview) {
    firstLink = firstNode + Track((overview.ranks.map(\.node).max() ?? 0) + 1)
    firstRank = firstLink + Track(overview.links.count)
  }

  func node(_ node: Int) -> Track { firstNode + Track(node) }
  func link(_ index: Int) -> Track { firstLink + Track(index) }

  /// The GPU; instants of its own stand on it.
  func rank(_ place: Int) -> Track { firstRank + Track(place) * Self.perRank }
  @inline(__always)
  func stream(_ stream: StreamKind, ofRank place: Int) -> Track { rank(place) + 1 + Track(stream.rawValue) }
  func memory(_ place: Int) -> Track { rank(place) + 9 }
  func held(_ place: Int) -> Track { rank(place) + 10 }
  func capacity(_ place: Int) -> Track { rank(place) + 11 }
  func category(_ category: MemoryCategory, ofRank place: Int) -> Track {
    rank(place) + 12 + Track(category.rawValue)
  }
}
