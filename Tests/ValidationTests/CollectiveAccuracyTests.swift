import Costing
import Foundation
import GalvaSim
import Hardware
import Quantities
import Testing
import Workload

/// Modelled bus bandwidth against published measurements, one set of constants for each kind of link.
@Suite("Accuracy of collectives", .enabled(if: MeasuredCollective.path != nil))
struct CollectiveAccuracyTests {
  /// A measured system and the catalogue cluster it is an instance of.
  struct Machine {
    let system: String
    let cluster: String
    let ranks: ClosedRange<Int>
    /// Whether times at 1 MiB depend on the size at all.
    var isSmallTrusted = true
  }

  static let machines = [
    Machine(system: "HGX-A100 class node (vTrain)", cluster: "dgx-a100", ranks: 2...8),
    Machine(system: "1x A100 node", cluster: "dgx-a100", ranks: 8...8),
    Machine(system: "Vidur profile a100_pairwise_nvlink", cluster: "bridge", ranks: 2...2),
    Machine(system: "2x p4de.24xlarge", cluster: "p4d x 2", ranks: 16...16),
    // Pairs take 40 us from 32 KiB to 1 MiB and less at 2 MiB and at 128 KiB: that is not the network.
    Machine(system: "Vidur profile h100_dgx", cluster: "dgx-h100", ranks: 2...2, isSmallTrusted: false),
    Machine(system: "Vidur profile h100_dgx", cluster: "dgx-h100", ranks: 4...8),
    Machine(system: "1x H200 node", cluster: "hgx-h200", ranks: 6...8),
    Machine(system: "1x B200 node", cluster: "hgx-b200", ranks: 5...8),
    Machine(system: "1x P6-B200 node (AWS)", cluster: "hgx-b200", ranks: 8...8),
    Machine(system: "1x p5.48xlarge (aws-batch)", cluster: "p5 x 16", ranks: 128...128),
    Machine(system: "2x p5.48xlarge", cluster: "p5 x 2", ranks: 16...16),
  ]

  /// github.com/aws-samples/awsome-distributed-training @0162aacd5d, micro-benchmarks/nccl-tests/README.md: all-reduce
  /// of 16 H100s on two p5 nodes, out of place.
  static let twoNodes: [(bytes: Double, rate: Double)] = [
    (1_048_576, 15.95), (16_777_216, 105.52), (67_108_864, 209.19), (268_435_456, 342.81), (536_870_912, 393.34),
    (1_073_741_824, 436.95), (4_294_967_296, 465.87), (17_179_869_184, 487.09),
  ]

  struct Comparison {
    let machine: Machine
    let ranks: Int
    let operation: CollectiveKind
    let bytes: Double
    let isRing: Bool
    let measured: Double
    let modelled: Double
    let how: String
    var ratio: Double { modelled / measured }
    var text: Comment {
      "\(machine.system) \(ranks) ranks \(bytes) B: \(modelled) against \(measured) GB/s, \(how)"
    }
  }

  static func cluster(_ name: String) throws -> Cluster {
    guard name == "bridge" else { return try Catalog.builtIn.cluster(named: name) }
    let pair = try Catalog.builtIn.cluster(named: "dgx-a100-pcie")
    return Cluster(
      name: name, device: pair.device, devicesPerNode: 2, nodes: 1, topology: .mesh,
      intraNode: try Catalog.builtIn.link(named: "nvlink3-bridge"), interNode: nil, networkCardsPerNode: 0,
      hostLink: pair.hostLink)
  }

  static func comparisons() throws -> [Comparison] {
    let rows = try MeasuredCollective.load()
    return try machines.flatMap { machine in
      let cluster = try cluster(machine.cluster)
      var rows = rows.filter { $0.system == machine.system && machine.ranks.contains($0.ranks) }
      if machine.system == "2x p5.48xlarge" {
        rows = twoNodes.map {
          MeasuredCollective(
            system: machine.system, ranks: 16, operation: "all_reduce", bytes: $0.bytes, busBandwidth: $0.rate, note: ""
          )
        }
      }
      return rows.compactMap { compare($0, machine, cluster) }
    }
  }

  static func compare(_ row: MeasuredCollective, _ machine: Machine, _ cluster: Cluster) -> Comparison? {
    let kinds: [String: CollectiveKind] = ["all_reduce": .allReduce, "reduce_scatter": .reduceScatter]
    guard let kind = kinds[row.operation], row.bytes >= 900_000 else { return nil }
    let fabric = Fabric(cluster: cluster)
    let shape = GroupShape(ranks: 0..<row.ranks, cluster: cluster)
    let call = CollectiveCall(kind: kind, payload: Bytes(Int64(row.bytes)))
    let isRing = row.note.hasPrefix("ring") || row.note.contains("off (ring)")
    let best = CollectiveCost(fabric: fabric).best(call, over: shape)
    let forced = isRing ? RingAlgorithm().duration(call, over: shape, on: fabric) : nil
    guard let best, let time = isRing ? forced : best.time else { return nil }
    let factor = Double(row.ranks - 1) / Double(row.ranks) * (kind == .allReduce ? 2 : 1)
    return Comparison(
      machine: machine, ranks: row.ranks, operation: kind, bytes: row.bytes, isRing: isRing,
      measured: row.busBandwidth, modelled: factor * row.bytes / time.value / 1e9,
      how: isRing ? "ring" : "\(best.algorithm.name) \(best.wireProtocol.rawValue)")
  }

  /// The comparisons of one system, group and algorithm.
  static func groups(_ comparisons: [Comparison]) -> [[Comparison]] {
    var groups: [[Comparison]] = []
    for next in comparisons {
      let index = groups.firstIndex { group in
        guard let first = group.first else { return false }
        return first.machine.system == next.machine.system && first.ranks == next.ranks
          && first.operation == next.operation && first.isRing == next.isRing
      }
      if let index { groups[index].append(next) } else { groups.append([next]) }
    }
    return groups.map { $0.sorted { $0.bytes < $1.bytes } }
  }

  /// The middle of the ratios: medians of what was measured several times at about the same size.
  static func median(_ group: [Comparison]) -> Comparison? {
    group.isEmpty ? nil : group.sorted { $0.ratio < $1.ratio }[group.count / 2]
  }

  /// Sizes of at least 256 MiB; the largest 5 where a sweep ends before.
  static func large(_ group: [Comparison]) -> [Comparison] {
    let large = group.filter { $0.bytes >= 268_435_456 }
    return large.isEmpty ? [median(Array(group.suffix(5)))].compactMap { $0 } : large
  }

  @Test func `large messages are within 15 percent of every published rate`() throws {
    let groups = Self.groups(try Self.comparisons())
    #expect(groups.count >= 18)
    for row in groups.flatMap(Self.large) {
      #expect(abs(row.ratio - 1) <= 0.15, row.text)
    }
  }

  @Test func `messages of 1 MiB are within 35 percent of the published rate`() throws {
    var checked = 0
    for group in Self.groups(try Self.comparisons()) {
      let small = group.filter { abs(log2($0.bytes / 1_048_576)) < 0.1 }
      guard let row = Self.median(small), row.machine.isSmallTrusted else { continue }
      checked += 1
      #expect(abs(row.ratio - 1) <= 0.35, row.text)
    }
    #expect(checked >= 9)
  }
}

extension CollectiveAccuracyTests {
  /// Rewrites the table of docs/accuracy-collectives.md with `GALVASIM_RECORD=1`, compares it otherwise.
  @Test func `the documented comparison is what the model gives`() throws {
    let file = PublishedRunTests.root.appendingPathComponent("docs/accuracy-collectives.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    let parts = text.components(separatedBy: "<!-- table -->\n")
    guard parts.count == 3 else {
      Issue.record("docs/accuracy-collectives.md lost the marks of its table")
      return
    }
    let table = try Self.table()
    if ProcessInfo.processInfo.environment["GALVASIM_RECORD"] != nil {
      try [parts[0], table, parts[2]].joined(separator: "<!-- table -->\n")
        .write(to: file, atomically: true, encoding: .utf8)
      Issue.record("recorded docs/accuracy-collectives.md")
      return
    }
    #expect(parts[1] == table)
  }

  /// One line for each group at about 1 MiB, 16 MiB, 256 MiB and the largest size.
  static func table() throws -> String {
    var lines = [
      "| system | ranks | operation | size | measured GB/s | model GB/s | error | how |",
      "|---|--:|---|--:|--:|--:|--:|---|",
    ]
    for group in groups(try comparisons()) {
      let sizes = [1.0, 16, 256].map { $0 * 1_048_576 } + [group.last?.bytes ?? 0]
      var shown: [Double] = []
      for size in sizes {
        let near = group.filter { abs(log2($0.bytes / size)) < 0.1 }
        guard let row = median(near), !shown.contains(where: { abs(log2($0 / row.bytes)) < 0.2 }) else { continue }
        shown.append(row.bytes)
        let error = String(format: "%+.0f %%", (row.ratio - 1) * 100)
        let rates = String(format: "%.1f | %.1f", row.measured, row.modelled)
        let size = String(format: "%.4g MiB", row.bytes / 1_048_576)
        let what = "\(row.machine.system) | \(row.ranks) | \(row.operation.tableOperation.rawValue)"
        lines.append("| \(what) | \(size) | \(rates) | \(error) | \(row.how) |")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Root mean square of the logarithm of model over measurement, over every row of at least 1 MiB.
  @Test func `the residual over all rows stays where it is documented`() throws {
    let rows = try Self.comparisons()
    let sum = rows.reduce(0) { $0 + log($1.ratio) * log($1.ratio) }
    let residual = (sum / Double(rows.count)).squareRoot()
    #expect(residual < 0.12, "\(rows.count) rows, rms \(residual)")
  }
}
