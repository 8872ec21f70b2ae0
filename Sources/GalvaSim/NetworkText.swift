import ClusterSimulation
import Quantities
import ScenarioIO

extension ScenarioRun {
  /// Most links and groups the report for people lists.
  private static let shownRows = 10

  /// What shared links did, and what groups waited for; nothing when every group had the network to itself.
  var networkLines: [String] {
    guard let network = result.network else { return [] }
    return [""] + linkLines(network) + [""] + groupLines(network)
  }

  private func linkLines(_ network: NetworkReport) -> [String] {
    let contended = network.contended
    guard let worst = contended.first else { return ["shared links: nobody had to wait for another"] }
    let seconds = result.iterationTime.seconds.value
    var table = TextTable(["link", "of the kind", "number", "GB/s", "used", "full", "time lost"])
    for index in contended.prefix(Self.shownRows) {
      let link = network.links[index]
      let used = link.bytes / (link.capacity.bytesPerSecond * seconds)
      table.add([
        link.name, link.kind, "\(link.count)", Readable.fixed(link.capacity.bytesPerSecond / 1e9, 1),
        Readable.percent(used), Readable.percent(link.saturated.seconds.value / seconds),
        Readable.time(link.delay.seconds.value),
      ])
    }
    let rest = contended.count - Self.shownRows
    return ["most contended link: \(network.links[worst].name)"] + table.lines
      + (rest > 0 ? ["... and \(rest) more that cost time (--json, --trace)"] : [])
  }

  private func groupLines(_ network: NetworkReport) -> [String] {
    let order = network.groups.indices.filter { network.groups[$0].loss > .zero }.sorted {
      let (left, right) = (network.groups[$0].loss, network.groups[$1].loss)
      return left != right ? left > right : $0 < $1
    }
    guard !order.isEmpty else { return ["groups: none lost time to another"] }
    var table = TextTable([
      "stage: group", "number", "calls", "alone", "+ sharing", "+ kernels", "waited", "mostly for",
    ])
    for index in order.prefix(Self.shownRows) {
      let group = network.groups[index]
      let times = [group.alone, group.lostToSharing, group.lostToKernels, group.waited]
      let link = group.worstLink.map { network.links[$0].name }
      let rank = group.lastRank.map { "rank \($0)" }
      let cause = group.waited > group.lostToSharing ? rank ?? link : link ?? rank
      table.add(
        ["\(group.stage): \(group.name)", "\(group.count)", "\(group.calls)"]
          + times.map { Readable.time($0.seconds.value) } + [cause ?? "-"])
    }
    let rest = order.count - Self.shownRows
    return ["what groups waited for:"] + table.lines + (rest > 0 ? ["... and \(rest) more (--json, --trace)"] : [])
  }

  /// The same as fields of the JSON document.
  var networkFields: [JSONField] {
    guard let network = result.network else {
      return [JSONField("links", .null), JSONField("groups", .null), JSONField("most_contended_link", .null)]
    }
    let worst = network.contended.first.map { JSONValue.text(network.links[$0].name) }
    return [
      JSONField("links", .list(network.links.map(link))),
      JSONField("groups", .list(network.groups.map { group($0, network) })),
      JSONField("most_contended_link", worst ?? .null),
    ]
  }

  private func link(_ link: NetworkReport.Link) -> JSONValue {
    let whole = link.capacity.bytesPerSecond * result.iterationTime.seconds.value
    return [
      "name": .text(link.name), "kind": .text(link.kind), "count": .integer(link.count),
      "capacity_bytes_per_s": .number(link.capacity.bytesPerSecond), "bytes": .number(link.bytes),
      "utilization": .number(whole > 0 ? link.bytes / whole : 0), "busy_s": .number(link.busy.seconds.value),
      "saturated_s": .number(link.saturated.seconds.value), "delay_s": .number(link.delay.seconds.value),
    ]
  }

  private func group(_ group: NetworkReport.Group, _ network: NetworkReport) -> JSONValue {
    [
      "stage": .integer(group.stage), "name": .text(group.name), "count": .integer(group.count),
      "members": .list(group.members.map { .integer($0) }), "calls": .integer(group.calls),
      "alone_s": .number(group.alone.seconds.value),
      "lost_to_sharing_s": .number(group.lostToSharing.seconds.value),
      "lost_to_kernels_s": .number(group.lostToKernels.seconds.value),
      "waited_s": .number(group.waited.seconds.value),
      "worst_link": group.worstLink.map { .text(network.links[$0].name) } ?? .null,
      "last_rank": group.lastRank.map { .integer($0) } ?? .null,
    ]
  }
}

extension NetworkReport.Group {
  /// All time it lost to others.
  fileprivate var loss: SimDuration { lostToSharing + lostToKernels + waited }
}
