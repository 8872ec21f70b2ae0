import ClusterSimulation

extension PerfettoTimeline {
  /// Instants of the memory of a rank; a rank with more changes is shown in equal intervals.
  private static var counterLimit: Int { 1 << 17 }

  /// Writes what a rank held over time, in all and by category, and what it may hold.
  mutating func writeMemory(_ place: Int) throws(ExportError) {
    let timeline = try source.memory(ofRank: place)
    let starts =
      MemoryEnvelope.everyChange(of: timeline, limit: Self.counterLimit)
      ?? MemoryEnvelope.grid(iteration: source.overview.iteration, count: Self.counterLimit)
    let envelope = MemoryEnvelope(timeline, starts: starts)
    try describeMemory(place, envelope)
    try write(envelope.totals, at: starts, on: tracks.held(place))
    for category in MemoryCategory.allCases {
      let values = envelope.values(of: category)
      guard values.contains(where: { $0 != 0 }) else { continue }
      try write(values, at: starts, on: tracks.category(category, ofRank: place))
    }
    let capacity = source.overview.ranks[place].capacity
    for time in [shown.lowerBound, shown.upperBound] {
      try writer.count(on: tracks.capacity(place), time: time, value: capacity)
    }
  }

  private mutating func describeMemory(_ place: Int, _ envelope: MemoryEnvelope) throws(ExportError) {
    let group = tracks.memory(place)
    let unit = PerfettoWriter.CounterUnit.bytes(axis: "memory")
    try writer.describe(group, name: "memory", parent: tracks.rank(place), place: StreamKind.count)
    try writer.describe(tracks.held(place), name: "held", parent: group, place: 0, counter: unit)
    try writer.describe(tracks.capacity(place), name: "capacity", parent: group, place: 1, counter: unit)
    for category in MemoryCategory.allCases where envelope.values(of: category).contains(where: { $0 != 0 }) {
      try writer.describe(
        tracks.category(category, ofRank: place), name: category.name, parent: group,
        place: 2 + Int(category.rawValue), counter: unit)
    }
  }

  /// Writes what the links of a shared network carried.
  mutating func writeLinks() throws(ExportError) {
    let links = source.overview.links
    guard !links.isEmpty else { return }
    try writer.describe(PerfettoTracks.network, name: "network", parent: PerfettoTracks.cluster, place: 1)
    for (index, link) in links.enumerated() where link.utilization.contains(where: { $0 > 0 }) {
      let track = tracks.link(index)
      let name = link.count > 1 ? "\(link.name) (x\(link.count) links)" : link.name
      try writer.describe(
        track, name: name, parent: PerfettoTracks.network, place: index, counter: .named("% of capacity"))
      let times = link.utilization.indices.map { Int64($0) * source.overview.interval } + [source.overview.iteration]
      try write(link.utilization.map { $0 * 100 } + [0], at: times, on: track)
    }
  }

  /// Writes the changes of a counter inside the window, and what it was when the window begins.
  private mutating func write(_ values: [Int64], at times: [Int64], on track: UInt64) throws(ExportError) {
    for index in changes(values, at: times) {
      try writer.count(on: track, time: max(times[index], shown.lowerBound), value: values[index])
    }
  }

  private mutating func write(_ values: [Double], at times: [Int64], on track: UInt64) throws(ExportError) {
    for index in changes(values, at: times) {
      try writer.count(on: track, time: max(times[index], shown.lowerBound), value: values[index])
    }
  }

  private func changes<Value: Equatable>(_ values: [Value], at times: [Int64]) -> [Int] {
    let first = (times.lastIndex { $0 <= shown.lowerBound }) ?? 0
    var last: Value?
    return values.indices.dropFirst(first).filter { index in
      guard times[index] < shown.upperBound || index == first, values[index] != last else { return false }
      last = values[index]
      return true
    }
  }

  /// The times the timeline shows.
  private var shown: Range<Int64> { selection.window ?? 0..<max(source.overview.iteration, 0) + 1 }
}

extension PerfettoTimeline {
  /// Marks conditions and the first request that did not fit, on the cluster and on the rank they concern.
  mutating func writeEvents() throws(ExportError) {
    let overview = source.overview
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
    guard let place = source.overview.place(ofRank: rank), selection.contains(place: place) else {
      return [PerfettoTracks.events]
    }
    return [PerfettoTracks.events, tracks.rank(place)]
  }
}
