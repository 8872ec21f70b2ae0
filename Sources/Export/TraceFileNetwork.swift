import ClusterSimulation
import HDF5IO
import Quantities

/// `/network`: what shared links carried over time, and what the groups that used them waited for; only in files of runs
/// with a shared network.
enum TraceFileNetwork {
  private static let link = "/network/link"
  private static let time = "/network/interval"
  private static let group = "/network/group"

  /// Writes everything.
  static func write(
    _ report: NetworkReport, into root: borrowing HDF5Group, storage: HDF5Storage,
    _ scales: inout HDF5DimensionScales
  ) throws(HDF5Error) {
    let network = try root.createGroup("network")
    try writeLinks(report, into: network, &scales)
    try writeHistory(report, into: network, storage: storage, &scales)
    try writeGroups(report, into: network, &scales)
  }

  private static func writeLinks(
    _ report: NetworkReport, into group: borrowing HDF5Group, _ scales: inout HDF5DimensionScales
  ) throws(HDF5Error) {
    let links = report.links
    try group.writeAxis(
      "link", links.map(\.name),
      DatasetNote("link", comment: "the first of links that carry the same at every instant; one direction"), &scales)
    try group.write("kind", links.map(\.kind), along: link, DatasetNote("sort of link"), &scales)
    try group.write("links", links.map { Int64($0.count) }, along: link, DatasetNote("links it stands for"), &scales)
    try group.write(
      "link_capacity", links.map(\.capacity.bytesPerSecond), along: link,
      DatasetNote("capacity of each", units: "byte s-1"), &scales)
    try group.write(
      "carried", links.map(\.bytes), along: link,
      DatasetNote("bytes each has carried", units: "byte", comment: "time a protocol wastes counts as bytes"), &scales)
    let times: [(name: String, value: (NetworkReport.Link) -> SimDuration, note: String)] = [
      ("busy", \.busy, "time with a load"), ("saturated", \.saturated, "time with a full load"),
      ("delay", \.delay, "time lost by those for whom the link was the narrowest"),
    ]
    for (name, value, note) in times {
      try group.write(
        name, links.map { value($0).nanoseconds }, along: link, DatasetNote(note, units: "ns"), &scales)
    }
  }

  private static func writeHistory(
    _ report: NetworkReport, into group: borrowing HDF5Group, storage: HDF5Storage,
    _ scales: inout HDF5DimensionScales
  ) throws(HDF5Error) {
    let fractions = LinkUse.fractions(report)
    let shown = fractions.first?.count ?? 1
    try group.writeAxis(
      "interval", (0..<Int64(shown)).map { $0 * report.interval.nanoseconds },
      DatasetNote("start of the interval", units: "ns", comment: "all are equally long"), &scales)
    try group.write(
      "utilization", fractions.flatMap { $0 }, rows: report.links.count, along: [link, time], storage: storage,
      DatasetNote("fraction of the capacity used", comment: "mean over the interval"), &scales)
  }

  private static func writeGroups(
    _ report: NetworkReport, into group: borrowing HDF5Group, _ scales: inout HDF5DimensionScales
  ) throws(HDF5Error) {
    let groups = report.groups
    let axis = Self.group
    try group.writeAxis(
      "group", groups.map { "stage \($0.stage): \($0.name)" },
      DatasetNote("who communicates", comment: "a group of ranks, or a sender of messages"), &scales)
    try group.write("group_stage", groups.map { Int32($0.stage) }, along: axis, DatasetNote("pipeline stage"), &scales)
    try group.write("groups", groups.map { Int64($0.count) }, along: axis, DatasetNote("groups it stands for"), &scales)
    try group.write(
      "calls", groups.map { Int64($0.calls) }, along: axis, DatasetNote("collectives or messages of each"), &scales)
    let times: [(name: String, value: (NetworkReport.Group) -> SimDuration, note: String)] = [
      ("alone", \.alone, "time with the network to itself, latencies left out"),
      ("lost_to_sharing", \.lostToSharing, "time added by sharing links"),
      ("lost_to_kernels", \.lostToKernels, "time added by kernels beside it"),
      ("waited", \.waited, "time from the first member's arrival to the last one's"),
    ]
    for (name, value, note) in times {
      try group.write(
        name, groups.map { value($0).nanoseconds }, along: axis, DatasetNote(note, units: "ns"), &scales)
    }
    try group.write(
      "worst_link", groups.map { Int32($0.worstLink ?? -1) }, along: axis,
      DatasetNote("place of the link it lost most to", comment: "-1 = nothing lost"), &scales)
    try group.write(
      "last_rank", groups.map { Int32($0.lastRank ?? -1) }, along: axis,
      DatasetNote("rank the others waited for longest", comment: "-1 = nobody waited"), &scales)
  }
}
