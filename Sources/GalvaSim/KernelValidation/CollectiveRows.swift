import Costing
import Hardware
import Quantities
import ScenarioIO
import Workload

/// Reads rows of measured collectives (columns system, gpu, n_gpus, n_nodes, collective, size_B, time_us or busbw_GBps).
struct CollectiveRows {
  let file: CommaSeparatedFile

  /// A measured system and the cluster of the catalogue it is an instance of.
  private static let systems = [
    "HGX-A100 class node (vTrain)": "dgx-a100", "1x A100 node": "dgx-a100", "2x p4de.24xlarge": "p4d x 2",
    "Vidur profile h100_dgx": "dgx-h100", "1x H200 node": "hgx-h200", "1x B200 node": "hgx-b200",
    "1x P6-B200 node (AWS)": "hgx-b200", "1x p5.48xlarge (aws-batch)": "p5 x 16", "2x p5.48xlarge": "p5 x 2",
  ]
  private static let kinds: [String: CollectiveKind] = [
    "all_reduce": .allReduce, "all_gather": .allGather, "reduce_scatter": .reduceScatter, "all_to_all": .allToAll,
    "alltoall": .allToAll, "broadcast": .broadcast,
  ]

  func expectation(_ row: Int) -> KernelExpectation {
    let system = file.cell(row, "system") ?? ""
    var result = KernelExpectation(
      gpu: file.cell(row, "gpu") ?? "", kind: "collective", measured: nil, subject: .unknown("found no size or ranks"))
    guard let bytes = file.count(row, "size_B"), let ranks = file.count(row, "n_gpus"), ranks > 1 else { return result }
    let name = file.cell(row, "collective") ?? ""
    guard let kind = Self.kinds[name] else {
      result.subject = .unknown("no model of \(name)")
      return result
    }
    result.measured = measured(row, kind, bytes: Double(bytes), ranks: Double(ranks))
    guard let cluster = Self.systems[system].flatMap({ try? Catalog.builtIn.cluster(named: $0) }),
      ranks <= cluster.deviceCount
    else {
      result.subject = .unknown("no cluster of the catalogue is \(system)")
      return result
    }
    let note = file.cell(row, "note") ?? ""
    result.subject = .collective(
      cluster, CollectiveCall(kind: kind, payload: Bytes(Int64(bytes))), ranks: ranks,
      isRing: note.hasPrefix("ring") || note.contains("off (ring)"))
    result.isLarge = bytes >= 268_435_456
    return result
  }

  private func measured(_ row: Int, _ kind: CollectiveKind, bytes: Double, ranks: Double) -> Double? {
    if let time = file.number(row, "time_us"), time > 0 { return time }
    guard let rate = file.number(row, "busbw_GBps"), rate > 0 else { return nil }
    let factor =
      switch kind {
      case .allReduce: 2 * (ranks - 1) / ranks
      case .allGather, .reduceScatter, .allToAll: (ranks - 1) / ranks
      case .broadcast, .sendReceive: 1.0
      }
    return factor * bytes / rate * 1e-3
  }
}
