import Hardware
import Quantities

/// Reads the `conditions` of a scenario: how its ranks differ.
struct ConditionsReader {
  let log: ProblemLog
  /// The cluster whose ranks and links they are.
  let cluster: Cluster

  /// Slowest and fastest speed a rank may have, as fractions of the normal one.
  static let speeds = 0.001...1000.0

  /// The conditions; `nil` with problems recorded. Without a section all ranks are alike.
  func conditions(_ node: DocumentNode?) -> Conditions? {
    guard let node else { return Conditions() }
    guard let reader = MappingReader(node, path: "conditions", keys: .conditions, log: log) else { return nil }
    let before = log.problems.count
    let devices = cluster.deviceCount
    var conditions = Conditions()
    conditions.slowDevices = items(reader, "slow_gpus", keys: .slowDevice) { slowDevice($0, devices: devices) }
    conditions.stragglers = items(reader, "stragglers", keys: .straggler) { straggler($0, devices: devices) }
    conditions.slowLinks = items(reader, "slow_links", keys: .slowLink) { slowLink($0) }
    conditions.failedLinks = failedLinks(reader)
    checkOverlaps(conditions, reader)
    checkLinks(conditions, reader)
    if let jitter = reader.value("jitter") { conditions.jitter = self.jitter(jitter) }
    return log.problems.count == before ? conditions : nil
  }

  private func items<Item>(
    _ reader: MappingReader, _ key: String, keys: KeySet, _ read: (MappingReader) -> Item?
  ) -> [Item] {
    guard let node = reader.value(key) else { return [] }
    guard case .list(let items) = node.value else {
      log.add(node, path: reader.path(key), expected: "a list of mappings")
      return []
    }
    return items.enumerated().compactMap { index, item in
      MappingReader(item, path: "\(reader.path(key))[\(index)]", keys: keys, log: log).flatMap(read)
    }
  }

  private func slowDevice(_ reader: MappingReader, devices: Int) -> Conditions.SlowDevice? {
    let rank = reader.requiredInteger("rank", in: 0...devices - 1)
    guard let speed = speed(reader), let rank else { return nil }
    return Conditions.SlowDevice(rank: rank, speed: speed)
  }

  private func straggler(_ reader: MappingReader, devices: Int) -> Conditions.Straggler? {
    let rank = reader.requiredInteger("rank", in: 0...devices - 1)
    let speed = speed(reader)
    let from = instant(reader, "from")
    let until = instant(reader, "until")
    guard let rank, let speed, let from, let until else { return nil }
    guard from < until else {
      log.add(at: reader.node.position, path: reader.path("until"), "found an end before the start", "make until later")
      return nil
    }
    return Conditions.Straggler(rank: rank, from: from, until: until, speed: speed)
  }

  private func slowLink(_ reader: MappingReader) -> Conditions.SlowLink? {
    let name = reader.requiredText("link")
    guard let speed = speed(reader), let name else { return nil }
    return Conditions.SlowLink(name: name, speed: speed)
  }

  private func failedLinks(_ reader: MappingReader) -> [String] {
    guard let node = reader.value("failed_links") else { return [] }
    let (path, expected) = (reader.path("failed_links"), "a list of links such as [node0.nic1-leaf2]")
    guard case .list(let items) = node.value else {
      log.add(node, path: path, expected: expected)
      return []
    }
    return items.enumerated().compactMap { log.text($1, path: "\(path)[\($0)]", expected: expected) }
  }

  /// Each cable is named once, and every name is a link of the cluster.
  private func checkLinks(_ conditions: Conditions, _ reader: MappingReader) {
    guard conditions.disturbsLinks, let topology = try? cluster.makeTopology() else { return }
    var seen: Set<[Int32]> = []
    let named =
      conditions.slowLinks.map { ("slow_links", $0.name) } + conditions.failedLinks.map { ("failed_links", $0) }
    for (key, name) in named {
      guard let link = topology.link(named: name) else {
        let example = topology.name(ofLink: Int32(topology.links.count - 1))
        log.add(
          at: (reader.value(key) ?? reader.node).position, path: reader.path(key),
          "found no link \(name) in cluster \(cluster.name)",
          "use one such as \(example); simulate --print links lists all")
        continue
      }
      guard !seen.insert(topology.cable(link)).inserted else { continue }
      log.add(
        at: (reader.value(key) ?? reader.node).position, path: reader.path(key), "found the cable of \(name) twice",
        "name it once")
    }
  }

  private func speed(_ reader: MappingReader) -> Double? {
    let expected = "a fraction of the normal speed such as 0.8"
    return reader.require("speed", expected).flatMap {
      log.number($0, path: reader.path("speed"), in: Self.speeds, expected: expected)
    }
  }

  private func instant(_ reader: MappingReader, _ key: String) -> SimTime? {
    guard let node = reader.require(key, "a time such as 1.5s") else { return nil }
    if case .integer(0) = node.value { return .zero }
    guard
      let seconds = log.quantity(
        node, path: reader.path(key), example: "1.5s",
        reading: { text throws(QuantityText.Failure) in
          try QuantityText.seconds(text)
        })
    else {
      return nil
    }
    return SimTime(nanoseconds: seconds.roundedUp.nanoseconds)
  }

  /// Each rank is slow throughout at most once, and its intervals do not overlap.
  private func checkOverlaps(_ conditions: Conditions, _ reader: MappingReader) {
    var seen: Set<Int> = []
    for slow in conditions.slowDevices where !seen.insert(slow.rank).inserted {
      log.add(
        at: reader.node.position, path: reader.path("slow_gpus"), "found rank \(slow.rank) twice", "give it one speed")
    }
    let ordered = conditions.stragglers.sorted { ($0.rank, $0.from) < ($1.rank, $1.from) }
    for (first, second) in zip(ordered, ordered.dropFirst()) where first.rank == second.rank {
      guard second.from < first.until else { continue }
      log.add(
        at: reader.node.position, path: reader.path("stragglers"), "found overlapping intervals of rank \(first.rank)",
        "make them follow each other")
    }
  }

  private func jitter(_ node: DocumentNode) -> Jitter? {
    guard let reader = MappingReader(node, path: "conditions.jitter", keys: .jitter, log: log) else { return nil }
    if let bins = reader.value("histogram") { return histogram(bins, path: reader.path("histogram")) }
    let shapes = [("normal", true), ("lognormal", false)]
    _ = reader.require("distribution", "normal or lognormal, or a histogram")
    let isNormal = reader.choice("distribution", among: shapes)
    let expected = "a standard deviation such as 0.05"
    let deviation = reader.require("deviation", expected).flatMap {
      log.number($0, path: reader.path("deviation"), in: 0.000_001...1, expected: expected)
    }
    guard let isNormal, let deviation else { return nil }
    return isNormal ? .normal(deviation: deviation) : .lognormal(deviation: deviation)
  }

  private func histogram(_ node: DocumentNode, path: String) -> Jitter? {
    let expected = "a list of [factor, weight] pairs above zero"
    guard case .list(let rows) = node.value, !rows.isEmpty else {
      log.add(node, path: path, expected: expected)
      return nil
    }
    let bins = rows.enumerated().compactMap { index, row -> Jitter.Bin? in
      guard case .list(let pair) = row.value, pair.count == 2 else {
        log.add(row, path: "\(path)[\(index)]", expected: expected)
        return nil
      }
      let values = pair.compactMap {
        log.number($0, path: "\(path)[\(index)]", in: 0.000_001...1_000_000, expected: "a number above zero")
      }
      return values.count == 2 ? Jitter.Bin(factor: values[0], weight: values[1]) : nil
    }
    return bins.count == rows.count ? .histogram(bins) : nil
  }
}
