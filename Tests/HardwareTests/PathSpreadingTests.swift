import Hardware
import Quantities
import TestSupport
import Testing

@Suite("Spreading over equal ways")
struct PathSpreadingTests {
  private let node = TopologySample.node(.crossbar(nodes: 1), cards: 8)
  private static let fabrics: [FabricLayout] = [
    .singleSwitch, .rails(FabricTiers(nodesPerLeaf: 2, spines: 3, oversubscription: 2)),
    .leafSpine(
      FabricTiers(nodesPerLeaf: 1, spines: 2, pods: FabricPods(leavesPerPod: 2, cores: 3, oversubscription: 4))),
    .dragonfly(Dragonfly(nodesPerRouter: 1, routersPerGroup: 2, globalLinksPerRouter: 2)),
  ]

  private func topology(_ fabric: FabricLayout) throws -> Topology {
    try TopologySample.cluster(nodes: 6, cards: 8, node: node, fabric: fabric).makeTopology()
  }

  /// What enters a vertex leaves it, except at the two ends.
  @Test(arguments: fabrics.indices)
  func `nothing is lost on the way`(number: Int) throws {
    let topology = try topology(Self.fabrics[number])
    var router = Router(topology)
    for (source, destination) in [(0, 8), (3, 21), (40, 7), (17, 33)] {
      var balance: [Int32: Double] = [:]
      for part in try router.spread(from: source, to: destination) {
        let link = topology.links[Int(part.link)]
        balance[link.from, default: 0] -= part.share
        balance[link.to, default: 0] += part.share
      }
      for (vertex, sum) in balance {
        let expected =
          Int(vertex) == topology.deviceVertex(ofRank: source)
          ? -1.0 : Int(vertex) == topology.deviceVertex(ofRank: destination) ? 1 : 0
        #expect(abs(sum - expected) < 1e-12, "\(topology.name(ofVertex: Int(vertex)))")
      }
    }
  }

  /// By hand: leaf to 2 spines a half each, each spine to 3 cores a sixth, cores to 2 spines, spines to the leaf.
  @Test func `three tiers split by two and by three`() throws {
    let topology = try topology(Self.fabrics[2])
    var router = Router(topology)
    let shares = try router.spread(from: 0, to: 32).filter { topology.links[Int($0.link)].kind == .fabric }
    #expect(shares.count == 2 + 6 + 6 + 2)
    for part in shares {
      let link = topology.links[Int(part.link)]
      let touchesCore = [link.from, link.to].contains { topology.vertices[Int($0)].kind == .core }
      #expect(abs(part.share - (touchesCore ? 1.0 / 6 : 1.0 / 2)) < 1e-12)
    }
  }

  /// Very many hashed connections are spread like an even split.
  @Test func `an even spread is what many hashed ways come to`() throws {
    let topology = try topology(Self.fabrics[1])
    var router = Router(topology)
    var even: [Int32: Double] = [:]
    for part in try router.spread(from: 3, to: 21) { even[part.link] = part.share }
    var counted: [Int32: Double] = [:]
    let seeds = 3000
    for seed in 0..<seeds {
      var hashed = Router(topology, seed: UInt64(seed))
      for link in try hashed.route(from: 3, to: 21).links { counted[link, default: 0] += 1 / Double(seeds) }
    }
    #expect(Set(even.keys) == Set(counted.keys))
    for (link, share) in even { #expect(abs((counted[link] ?? 0) - share) < 0.05) }
  }

  @Test func `an even spread goes around failed links`() throws {
    let topology = try topology(Self.fabrics[1])
    let failed = try #require(topology.link(named: "leaf3-spine0"))
    var router = Router(topology, failedLinks: Set(topology.cable(failed)))
    let up = try router.spread(from: 3, to: 21).filter {
      topology.vertices[Int(topology.links[Int($0.link)].from)].kind == .leaf
        && topology.links[Int($0.link)].kind == .fabric
    }
    #expect(up.map(\.share) == [0.5, 0.5])
    #expect(!up.contains { $0.link == failed })
  }
}
