import Hardware
import Quantities
import Testing
import TestSupport

@Suite("Fabrics of a topology")
struct TopologyFabricTests {
  private let node = TopologySample.node(.crossbar(nodes: 1), cards: 8)

  private func topology(nodes: Int, _ fabric: FabricLayout) throws -> Topology {
    try TopologySample.cluster(nodes: nodes, cards: 8, node: node, fabric: fabric).makeTopology()
  }

  @Test func `rails join equal cards of all nodes`() throws {
    let tiers = FabricTiers(nodesPerLeaf: 4, spines: 2, oversubscription: 2)
    var router = Router(try topology(nodes: 8, .rails(tiers)))
    #expect(
      try router.names(3, 8 + 3) == [
        "node0.gpu3-pcie1", "node0.pcie1-nic3", "node0.nic3-leaf3", "leaf3-node1.nic3", "node1.nic3-pcie1",
        "node1.pcie1-gpu3",
      ])
    let crossing = try router.names(3, 8 + 5)
    #expect(crossing.count == 8)
    #expect(crossing[2] == "node0.nic3-leaf3" && crossing[5] == "leaf5-node1.nic5")
    #expect(try router.names(0, 4 * 8)[2] == "node0.nic0-leaf0")
    #expect(try router.names(0, 4 * 8)[5] == "leaf8-node4.nic0")
  }

  /// 16 leaves of 4 cards of 25 GB/s, ratio 2: 16 * 4 * 25 / 2 = 800 GB/s up, over two spines.
  @Test func `oversubscription divides what leaves have upwards`() throws {
    let tiers = FabricTiers(nodesPerLeaf: 4, spines: 2, oversubscription: 2)
    let topology = try topology(nodes: 8, .rails(tiers))
    let up = topology.cutCapacity { $0.kind != .spine }
    #expect(abs(up.gigabytesPerSecond - 800) < 1e-6)
    let links = topology.links.filter { $0.kind == .fabric }
    #expect(links.count == 2 * 16 * 2)
    #expect(links.allSatisfy { $0.bandwidth == .gigabytesPerSecond(25) })
  }

  /// 4 nodes on each side of the cut, 8 cards of 25 GB/s each: 800 GB/s over the ratio. The cut takes half of the nodes
  /// with their leaves; spines are on the other side.
  @Test(arguments: [1.0, 2, 7])
  func `the bisection of a leaf-spine fabric is the bandwidth of half its cards over the ratio`(ratio: Double) throws {
    let tiers = FabricTiers(nodesPerLeaf: 2, spines: 4, oversubscription: ratio)
    let topology = try topology(nodes: 8, .leafSpine(tiers))
    let cut = topology.cutCapacity { $0.node.map { $0 < 4 } ?? ($0.kind == .leaf && $0.index < 2) }
    #expect(abs(cut.gigabytesPerSecond - 800 / ratio) < 1e-6)
  }

  /// 4 leaves of 2 nodes in 2 pods, ratio 1 below and 4 above: a pod has 2 * 2 * 8 * 25 / 4 = 200 GB/s to the cores.
  @Test func `pods share the cores over their own ratio`() throws {
    let pods = FabricPods(leavesPerPod: 2, cores: 2, oversubscription: 4)
    let topology = try topology(nodes: 8, .leafSpine(FabricTiers(nodesPerLeaf: 2, spines: 2, pods: pods)))
    let cut = topology.cutCapacity { vertex in
      vertex.node.map { $0 < 4 } ?? (vertex.kind != .core && vertex.index < 2)
    }
    #expect(abs(cut.gigabytesPerSecond - 200) < 1e-6)
    var router = Router(topology)
    #expect(try router.names(0, 8).count == 6)
    #expect(try router.names(0, 16).count == 8)
    #expect(try router.names(0, 32).count == 10)
  }

  /// 3 groups of 2 routers with 1 node each, 2 global links per router: 4 per group over 2 other groups, 2 to each.
  @Test func `a dragonfly joins every two groups by the same number of links`() throws {
    let shape = Dragonfly(nodesPerRouter: 1, routersPerGroup: 2, globalLinksPerRouter: 2)
    let topology = try topology(nodes: 6, .dragonfly(shape))
    for first in 0..<3 {
      for second in 0..<3 where second != first {
        let count = topology.links.count { link in
          let ends = (topology.vertices[Int(link.from)], topology.vertices[Int(link.to)])
          return link.kind == .fabric && ends.0.index / 2 == first && ends.1.index / 2 == second
        }
        #expect(count == 2)
      }
    }
    var router = Router(topology)
    for destination in 1..<6 {
      let hops = try router.route(from: 0, to: destination * 8).links.count
      #expect(destination == 1 ? hops == 7 : (7...9).contains(hops), "minimal ways take at most three router links")
    }
    #expect(throws: TopologyError.tooFewGlobalLinks(perGroup: 1, groups: 6)) {
      try self.topology(
        nodes: 6, .dragonfly(Dragonfly(nodesPerRouter: 1, routersPerGroup: 1, globalLinksPerRouter: 1)))
    }
  }

  /// 2,048 nodes: 8 + 1 + 4 + 2 + 8 vertices each; 8 + 8 + 8 + 4 + 1 + 8 cables each, then 512 leaves times 32 spines.
  @Test func `16,384 GPUs have the links their parts add up to`() throws {
    let tiers = FabricTiers(nodesPerLeaf: 32, spines: 32)
    let topology = try topology(nodes: 2048, .rails(tiers))
    #expect(topology.deviceCount == 16_384)
    #expect(topology.vertices.count == 2048 * 23 + 512 + 32)
    #expect(topology.links.count == 2 * (2048 * 37 + 512 * 32))
    var router = Router(topology)
    #expect(try router.route(from: 0, to: 16_383).links.count == 8)
    #expect(try router.route(from: 5, to: 16_381).links.count == 8)
    #expect(topology.vertex(named: "node2047.gpu7") == topology.deviceVertex(ofRank: 16_383))
  }
}
