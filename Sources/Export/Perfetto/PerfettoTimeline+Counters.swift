import ClusterSimulation

extension PerfettoTimeline {
  /// Instants of the memory of a rank; a rank with more changes is shown in equal intervals.
  private static var counterLimit: Int { 1 << 17 }

  /// Writes what a rank held over time, in all and by category, and what it may hold.
  mutating func writeMemory(_ place: Int) throws(ExportError) {
    let timeline = try source.memory(ofRank: place)
    let starts =
      MemoryEnvelope.everyChange(of: timeline, limit: Self.counterLimit)
      ?? MemoryEnvelope.grid(iteration: overview.iteration, count: Self.counterLimit)
    let envelope = MemoryEnvelope(timeline, starts: starts)
    let group = tracks.memory(place)
    let unit = PerfettoWriter.CounterUnit.bytes(axis: "memory")
    try writer.describe(group, name: "memory", parent: tracks.rank(place), place: StreamKind.count)
    try writer.describe(tracks.held(place), name: "held", parent: group, place: 0, counter: unit)
    try write(envelope.totals, at: starts, on: tracks.held(place))
    try writer.describe(tracks.capacity(place), name: "capacity", parent: group, place: 1, counter: unit)
    for time in [shown.lowerBound, shown.upperBound] {
      try writer.count(on: tracks.capacity(place), time: time, value: overview.ranks[place].capacity)
    }
    for category in MemoryCategory.allCases {
      let values = envelope.values(of: category)
      guard values.contains(where: { $0 != 0 }) else { continue }
      let track = tracks.category(category, ofRank: place)
      try writer.describe(track, name: category.name, parent: group, place: 2 + Int(category.rawValue), counter: unit)
      try write(values, at: starts, on: track)
    }
  }

  /// Writes what the links of a shared network carried.
  mutating func writeLinks() throws(ExportError) {
    let links = overview.links
    guard !links.isEmpty else { return }
    try writer.describe(PerfettoTracks.network, name: "network", parent: PerfettoTracks.cluster, place: 1)
    for (index, link) in links.enumerated() where link.utilization.contains(where: { $0 > 0 }) {
      let track = tracks.link(index)
      let name = link.count > 1 ? "\(link.name) (x\(link.count) links)" : link.name
      try writer.describe(
        track, name: name, parent: PerfettoTracks.network, place: index, counter: .named("% of capacity"))
      let times = link.utilization.indices.map { Int64($0) * overview.interval } + [overview.iteration]
      try write(link.utilization.map { $0 * 100 } + [0], at: times, on: track)
    }
  }

  /// Writes the changes of a counter inside the window, and what it was when the window begins.
  private mutating func write(_ values: [Int64], at times: [Int64], on track: UInt64) throws(ExportError) {
    let shown = shown
    let first = (times.lastIndex { $0 <= shown.lowerBound }) ?? 0
    for index in first..<max(first, values.count) where index == first || values[index] != values[index - 1] {
      guard times[index] < shown.upperBound || index == first else { return }
      try writer.count(on: track, time: max(times[index], shown.lowerBound), value: values[index])
    }
  }

  private mutating func write(_ values: [Double], at times: [Int64], on track: UInt64) throws(ExportError) {
    let shown = shown
    let first = (times.lastIndex { $0 <= shown.lowerBound }) ?? 0
    for index in first..<max(first, values.count) where index == first || values[index] != values[index - 1] {
      guard times[index] < shown.upperBound || index == first else { return }
      try writer.count(on: track, time: max(times[index], shown.lowerBound), value: values[index])
    }
  }

  /// The times the timeline shows.
  private var shown: Range<Int64> { selection.window ?? 0..<max(overview.iteration, 0) + 1 }
}

extension PerfettoTimeline {
  /// Marks conditions and the first request that did not fit, on the cluster and on the rank they concern.
  mutating func writeEvents() throws(ExportError) {
    let faults = overview.faults.filter { selection.isInWindow(TimelineSpan(start: $0.time, end: $0.time)) }
    guard !faults.isEmpty || overview.failure != nil else { return }
    try writer.describe(PerfettoTracks.events, name: "events", parent: PerfettoTracks.cluster, place: 0)
    for fault in faults {
      for track in eventTracks(rank: fault.rank) { try writer.instant(on: track, name: fault.text, time: fault.time) }
    }
    guard let failure = overview.failure else { return }
    for track in eventTracks(rank: failure.rank) {
      try writer.instant(
        on: track, name: "OOM rank \(failure.rank): \(failure.task)", time: failure.time,
        detailBytes: 4 * ProtobufCursor.annotationBytes
      ) { PerfettoDetails.write(failure, into: &$0) }
    }
  }

  private func eventTracks(rank: Int) -> [UInt64] {
    guard let place = overview.place(ofRank: rank), selection.contains(place: place) else {
      return [PerfettoTracks.events]
    }
    return [PerfettoTracks.events, tracks.rank(place)]
  }
}
