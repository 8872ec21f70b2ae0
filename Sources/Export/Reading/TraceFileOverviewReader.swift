import HDF5IO

/// Reads everything but tasks and memory of a trace file.
struct TraceFileOverviewReader {
  let location: HDF5Location

  /// Reads it.
  ///
  /// - Throws: ``HDF5Error`` for what is missing or impossible.
  func read(_ root: borrowing HDF5Group) throws(HDF5Error) -> TimelineOverview {
    guard case .text(let title) = try root.attribute("title") else { throw location.error("read", "has no title") }
    let iteration: Int64 = try root.dataset("summary/iteration_time").readScalar()
    let clusterRanks: Int64 = try root.dataset("summary/ranks").readScalar()
    guard iteration >= 0, iteration < 1 << 62, clusterRanks > 0 else {
      throw location.error("read", "/summary holds an impossible value")
    }
    let (links, interval) = try readLinks(root, iteration: iteration)
    return TimelineOverview(
      title: title, names: try root.dataset("dictionaries/event_name").readTexts(), iteration: iteration,
      clusterRanks: Int(clusterRanks), ranks: try readRanks(root), failure: try readFailure(root),
      faults: try readFaults(root), links: links, interval: interval)
  }

  private func readRanks(_ root: borrowing HDF5Group) throws(HDF5Error) -> [TimelineOverview.Rank] {
    let numbers: [Int32] = try root.dataset("rank").read()
    let group = try root.group("rank_summary")
    let stages: [Int32] = try group.list("stage", count: numbers.count)
    let nodes: [Int32] = try group.list("node", count: numbers.count)
    let represented: [Int32] = try group.list("represents", count: numbers.count)
    let events: [Int64] = try group.list("events", count: numbers.count)
    let capacities: [Int64] = try root.group("memory").list("capacity", count: numbers.count)
    var ranks: [TimelineOverview.Rank] = []
    var row = 0
    for (place, number) in numbers.enumerated() {
      guard number >= 0, place == 0 || number > numbers[place - 1], (0..<1 << 40).contains(events[place]),
        (0..<1 << 24).contains(nodes[place]), stages[place] >= 0,
        (0..<1 << 60).contains(capacities[place])
      else { throw group.location.error("read", "holds an impossible value for rank \(number)") }
      ranks.append(
        TimelineOverview.Rank(
          number: Int(number), stage: Int(stages[place]), node: Int(nodes[place]),
          represented: Int(represented[place]), rows: row..<row + Int(events[place]), capacity: capacities[place]))
      row += Int(events[place])
    }
    return ranks
  }

  private func readFailure(_ root: borrowing HDF5Group) throws(HDF5Error) -> TimelineOverview.Failure? {
    guard try root.contains("out_of_memory") else { return nil }
    let group = try root.group("out_of_memory")
    let rank: Int32 = try group.dataset("failing_rank").readScalar()
    let time: Int64 = try group.dataset("failing_time").readScalar()
    let requested: Int64 = try group.dataset("requested").readScalar()
    let held: [Int64] = try group.dataset("held").read()
    guard time >= 0, held.count < 256, held.allSatisfy({ (0..<1 << 50).contains($0) }) else {
      throw group.location.error("read", "holds an impossible value")
    }
    return TimelineOverview.Failure(
      rank: Int(rank), time: time, task: try group.dataset("task").readText(), requested: requested,
      held: held.reduce(0, +))
  }

  private func readFaults(_ root: borrowing HDF5Group) throws(HDF5Error) -> [TimelineOverview.Fault] {
    guard try root.contains("conditions") else { return [] }
    let group = try root.group("conditions")
    let times: [Int64] = try group.dataset("since").read()
    let ranks: [Int32] = try group.list("concerned_rank", count: times.count)
    let texts = try group.dataset("text").readTexts()
    guard texts.count == times.count, times.allSatisfy({ $0 >= 0 }) else {
      throw group.location.error("read", "holds an impossible value")
    }
    return times.indices.map { TimelineOverview.Fault(time: times[$0], rank: Int(ranks[$0]), text: texts[$0]) }
  }

  private func readLinks(
    _ root: borrowing HDF5Group, iteration: Int64
  ) throws(HDF5Error) -> (links: [TimelineOverview.Link], interval: Int64) {
    guard try root.contains("network") else { return ([], 0) }
    let group = try root.group("network")
    let names = try group.dataset("link").readTexts()
    let counts: [Int64] = try group.list("links", count: names.count)
    let starts: [Int64] = try group.dataset("interval").read()
    let use: [Double] = try group.dataset("utilization").read()
    let interval = starts.count > 1 ? starts[1] : 0
    guard starts.count <= 1 << 30, names.count <= 1 << 30, use.count == names.count * starts.count, interval >= 0,
      starts.isEmpty || interval <= iteration / Int64(max(starts.count - 1, 1)) + 1
    else { throw group.location.error("read", "its tables differ in size") }
    let links = names.indices.map {
      TimelineOverview.Link(
        name: names[$0], count: Int(counts[$0]),
        utilization: Array(use[($0 * starts.count)..<(($0 + 1) * starts.count)]))
    }
    return (links, interval)
  }
}
