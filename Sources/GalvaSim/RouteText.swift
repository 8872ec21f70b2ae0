import ClusterSimulation
import Costing
import Hardware
import Parallelism
import Quantities
import ScenarioIO
import Workload

/// Links, groups and the ways between them, as text.
extension IntermediateText {
  /// The groups of ranks each pipeline rank's first rank belongs to, and how they are spread over nodes.
  public static func groups(_ scenario: Scenario) throws -> String {
    try TrainingSimulation(scenario.setup()).groups().map { group in
      let shape = GroupShape(ranks: group.members, cluster: scenario.cluster)
      let members =
        group.members.count > 16
        ? group.members.prefix(16).map(String.init).joined(separator: " ") + " ... (\(group.members.count))"
        : group.members.map(String.init).joined(separator: " ")
      return "stage \(group.stage)\t\(group.name)\t\(shape.ranks) ranks on \(shape.nodes) nodes\t\(members)"
    }.joined(separator: "\n") + "\n"
  }

  /// How each group communicates: the algorithm of a 64 MiB all-reduce, and the links from each member to the next.
  public static func routes(_ scenario: Scenario, seed: UInt64 = 0) throws -> String {
    let setup = scenario.setup(seed: seed)
    var map = try RouteMap(setup)
    let cost = CollectiveCost(fabric: Fabric(cluster: scenario.cluster))
    let call = CollectiveCall(kind: .allReduce, payload: .mebibytes(64))
    var lines: [String] = []
    for group in try TrainingSimulation(setup).groups() {
      let shape = GroupShape(ranks: group.members, cluster: scenario.cluster)
      let best = cost.best(call, over: shape)
      let time = best.map { "\($0.algorithm.name) \($0.wireProtocol.rawValue), \(Readable.time($0.time.value))" }
      lines.append(
        "stage \(group.stage)\t\(group.name)\t\(shape.ranks) ranks on \(shape.nodes) nodes\t"
          + "all-reduce of 64 MiB: \(time ?? "nothing to do")")
      lines += try map.hops(group.members)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Every link of the cluster: name, sort, bandwidth per direction in its condition (0 when failed), latency, duplex.
  public static func links(_ scenario: Scenario) throws -> String {
    let map = try RouteMap(scenario.setup())
    let topology = map.topology
    var lines = ["link\tkind\tbandwidth_bytes_per_s\tlatency_s\tbonded\tduplex\tmedium"]
    for (id, link) in topology.links.enumerated() {
      let isHalf = link.reverse >= 0 && topology.links[Int(link.reverse)].capacityGroup == link.capacityGroup
      let duplex: Duplex = link.reverse < 0 ? .oneWay : isHalf ? .half : .full
      lines.append(
        [
          topology.name(ofLink: Int32(id)), link.kind.rawValue, "\(map.rate(ofLink: Int32(id)))",
          "\(link.latency.value)", "\(link.bonded)", duplex.rawValue, topology.media[Int(link.medium)].name,
        ].joined(separator: "\t"))
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
