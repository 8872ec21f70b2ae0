import Hardware
import Quantities
import Testing
import TestSupport

@Suite("Nodes of a topology")
struct TopologyNodeTests {
  @Test func `a PCIe tree routes over the lowest common switch`() throws {
    var router = Router(try TopologySample.pcieTree.makeTopology())
    #expect(try router.names(0, 1) == ["node0.gpu0-pcie0", "node0.pcie0-gpu1"])
    #expect(
      try router.names(1, 2) == [
        "node0.gpu1-pcie0", "node0.pcie0-socket0", "node0.socket0-pcie1", "node0.pcie1-gpu2",
      ])
    #expect(
      try router.names(7, 0) == [
        "node0.gpu7-pcie3", "node0.pcie3-socket1", "node0.socket1-socket0", "node0.socket0-pcie0", "node0.pcie0-gpu0",
      ])
    #expect(try router.route(from: 3, to: 3).links.isEmpty)
  }

  /// Slots are those of `intra_node` (100 GB/s, 2 us), uplinks of `host_link` (20 GB/s): two half slots make 2 us, the
  /// socket link adds 1 us.
  @Test func `latency and bottleneck of a way add up by hand`() throws {
    var router = Router(try TopologySample.pcieTree.makeTopology())
    let near = try router.route(from: 0, to: 1)
    #expect(abs(near.latency.value - 2e-6) < 1e-15)
    #expect(near.bottleneck == .gigabytesPerSecond(100))
    let far = try router.route(from: 0, to: 7)
    #expect(abs(far.latency.value - 3e-6) < 1e-15)
    #expect(far.bottleneck == .gigabytesPerSecond(20))
  }

  @Test func `a DGX-1 gives every GPU six NVLinks, one or two to a neighbour, four neighbours`() throws {
    let cluster = TopologySample.cluster(topology: .mesh, node: TopologySample.node(.direct(DevicePair.hybridCubeMesh)))
    #expect(throws: TopologyError.count(what: "network cards with a place", found: 4, expected: 0)) {
      try cluster.makeTopology()
    }
    let whole = TopologySample.cluster(
      cards: 4, topology: .mesh, node: TopologySample.node(.direct(DevicePair.hybridCubeMesh)))
    let topology = try whole.makeTopology()
    for rank in 0..<8 {
      let links = topology.links(from: topology.deviceVertex(ofRank: rank)).map { topology.links[Int($0)] }
      let nvlinks = links.filter { $0.kind == .nvlink }
      #expect(nvlinks.reduce(0) { $0 + $1.bonded } == 6)
      #expect(nvlinks.count == 4)
      #expect(nvlinks.reduce(0) { $0 + $1.bandwidth.gigabytesPerSecond }.rounded() == 100)
    }
  }

  /// GPU 0 has no link to GPU 5; 1 and 4 have links to both, with the same bottleneck of one link; of the last links
  /// 4-5 was added before 1-5.
  @Test func `NVLink is preferred, through at most one GPU`() throws {
    let cluster = TopologySample.cluster(
      cards: 4, topology: .mesh, node: TopologySample.node(.direct(DevicePair.hybridCubeMesh)))
    var router = Router(try cluster.makeTopology())
    #expect(try router.names(0, 3) == ["node0.gpu0-gpu3"])
    #expect(try router.names(0, 5) == ["node0.gpu0-gpu4", "node0.gpu4-gpu5"])
    #expect(try router.names(5, 0) == ["node0.gpu5-gpu4", "node0.gpu4-gpu0"])
    let chain = TopologySample.cluster(
      cards: 4, topology: .pcie,
      node: TopologySample.node(.direct((0..<7).map { DevicePair($0, $0 + 1, bonded: 1) })))
    var along = Router(try chain.makeTopology())
    #expect(try along.names(0, 2) == ["node0.gpu0-gpu1", "node0.gpu1-gpu2"])
    #expect(try along.names(0, 3).first == "node0.gpu0-pcie0")
  }

  @Test func `bridges join neighbours and leave the rest to PCIe`() throws {
    let cluster = TopologySample.cluster(
      cards: 4, topology: .pcie, node: TopologySample.node(.direct(DevicePair.bridges(devices: 8))))
    var router = Router(try cluster.makeTopology())
    #expect(try router.names(2, 3) == ["node0.gpu2-gpu3"])
    #expect(try router.names(0, 2).count == 4)
  }

  /// Seven links of 100/7 GB/s each.
  @Test func `a full mesh joins every two GPUs by a seventh of the bandwidth`() throws {
    let cluster = TopologySample.cluster(topology: .mesh)
    let topology = try cluster.makeTopology()
    let links = topology.links.filter { $0.kind == .nvlink }
    #expect(links.count == 8 * 7)
    #expect(links.allSatisfy { abs($0.bandwidth.gigabytesPerSecond - 100.0 / 7) < 1e-9 })
    var router = Router(topology)
    #expect(try router.names(6, 1) == ["node0.gpu6-gpu1"])
  }

  @Test func `an NVSwitch is two half latencies away from everybody`() throws {
    var router = Router(try TopologySample.cluster().makeTopology())
    #expect(try router.names(0, 7) == ["node0.gpu0-nvswitch0", "node0.nvswitch0-gpu7"])
    #expect(abs(try router.route(from: 0, to: 7).latency.value - 2e-6) < 1e-15)
  }

  /// Four nodes of four GPUs, domains of two nodes: ranks 0 to 7 share a switch, 8 to 15 another.
  @Test func `an NVLink domain spans nodes`() throws {
    let node = TopologySample.node(.crossbar(nodes: 2), devices: 4, cards: 4, switches: 4)
    var router = Router(try TopologySample.cluster(nodes: 4, devices: 4, cards: 4, node: node).makeTopology())
    #expect(try router.names(1, 6) == ["node0.gpu1-nvswitch0", "nvswitch0-node1.gpu2"])
    #expect(try router.names(8, 15) == ["node2.gpu0-nvswitch1", "nvswitch1-node3.gpu3"])
    #expect(try router.names(3, 8).contains("node0.nic3-leaf0"))
  }

  /// A GPU has 100 GB/s. NVSwitch: four of eight have 400. Hybrid cube mesh: 2 + 2 + 1 + 1 of the 6 links of a GPU join
  /// the quads, 100. Full mesh: 4 * 4 of its 7 links, 1600 / 7. Bridges: two of the pairs would have to be cut, none is.
  @Test(arguments: [
    (NodeLayout.DeviceLinks.crossbar(nodes: 1), 400.0), (.direct(DevicePair.hybridCubeMesh), 100),
    (.direct(DevicePair.fullMesh(devices: 8)), 1600.0 / 7), (.direct(DevicePair.bridges(devices: 8)), 0),
  ])
  func `the bisection over NVLink is what the links between the halves add up to`(
    links: NodeLayout.DeviceLinks, expected: Double
  ) throws {
    let node = NodeLayout.tree(devices: 8, cards: 0, sockets: 1, switches: 1, deviceLinks: links)
    let topology = try TopologySample.cluster(node: node).makeTopology()
    let half = topology.cutCapacity { $0.rank.map { $0 < 4 } ?? ($0.kind != .nvswitch) }
    let slots = topology.cutCapacity { $0.kind != .gpu && $0.kind != .nvswitch || $0.rank.map { $0 < 4 } ?? false }
    #expect(half == slots)
    // The PCIe side of the cut is the four slots of the other half, 20 GB/s each.
    #expect(abs(half.gigabytesPerSecond - 4 * 20 - expected) < 1e-9)
  }

  @Test(arguments: NodeTopology.allCases)
  func `without a layout the plain keys make a graph where a pair alone gets what the keys say`(
    topology: NodeTopology
  ) throws {
    var router = Router(try TopologySample.cluster(nodes: 2, cards: 8, topology: topology).makeTopology())
    let inside = try router.route(from: 0, to: 1)
    let expected = topology == .mesh ? 100.0 / 7 : 100
    #expect(abs((inside.bottleneck?.gigabytesPerSecond ?? 0) - expected) < 1e-9)
    #expect(abs(inside.latency.value - 2e-6) < 1e-15)
    let across = try router.route(from: 0, to: 8)
    #expect(abs(across.latency.value - 5e-6) < 1e-15)
    #expect(across.links.count == 6)
  }

  @Test func `a layout that does not fit is refused`() {
    let few = NodeLayout.tree(devices: 4, cards: 0, sockets: 1, switches: 1)
    #expect(
      TopologySample.cluster(node: few).layoutProblem()
        == .count(what: "GPUs with a place", found: 4, expected: 8))
    let alone = NodeLayout.tree(devices: 8, cards: 0, sockets: 2, switches: 2)
    #expect(TopologySample.cluster(node: alone).layoutProblem() != nil)
    let pair = NodeLayout.tree(
      devices: 8, cards: 0, sockets: 1, switches: 2, deviceLinks: .direct([DevicePair(0, 8, bonded: 1)]))
    #expect(TopologySample.cluster(node: pair).layoutProblem() != nil)
    let nowhere = NodeLayout(
      sockets: 1, switchSockets: [0], devicePlaces: Array(repeating: .pcieSwitch(1), count: 8), cardPlaces: [],
      deviceLinks: .none)
    #expect(TopologySample.cluster(node: nowhere).layoutProblem() != nil)
    #expect(throws: TopologyError.noNetwork(nodes: 2)) {
      try TopologySample.cluster(nodes: 2).makeTopology()
    }
  }
}
