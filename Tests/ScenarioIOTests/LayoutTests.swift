import Foundation
import Hardware
import Quantities
import Testing

@testable import ScenarioIO

@Suite("Layouts in cluster files")
struct LayoutTests {
  /// The test node with a layout.
  private func cluster(_ layout: String, nodes: Int = 1) throws -> Cluster {
    let inline = "\n  base: test-node\n  nodes: 2\n  layout: \(layout)"
    return try Sample.read(Sample.scenario(cluster: inline)).cluster
  }

  @Test func `a short layout is a regular tree`() throws {
    let cluster = try cluster(
      "{node: {sockets: 2, socket_link: test-pcie, switches: 4, cards_on: sockets, gpu_links: hybrid-cube-mesh}}")
    let expected = NodeLayout.tree(
      devices: 8, cards: 8, sockets: 2, switches: 4, cardsOnSockets: true,
      deviceLinks: .direct(DevicePair.hybridCubeMesh),
      links: .init(socket: try Sample.catalog.link(named: "test-pcie")))
    #expect(cluster.layout == .regular(expected, .singleSwitch))
    #expect(try cluster.makeTopology().deviceCount == 16)
  }

  @Test func `what a layout leaves out is as without one`() throws {
    let plain = try Sample.read(Sample.scenario()).cluster
    #expect(plain.layout == nil)
    let laidOut = try cluster("{node: {}, fabric: {kind: single}}")
    #expect(laidOut.layout == plain.derivedLayout)
  }

  @Test func `every kind of fabric is read`() throws {
    let tiers = FabricTiers(
      nodesPerLeaf: 1, spines: 2, oversubscription: 1.5,
      pods: FabricPods(leavesPerPod: 4, cores: 3, oversubscription: 7))
    let keys =
      "nodes_per_leaf: 1, spines: 2, oversubscription: 1.5, leaves_per_pod: 4, cores: 3, core_oversubscription: 7"
    let expected: [(String, FabricLayout)] = [
      ("kind: leaf-spine, \(keys)", .leafSpine(tiers)), ("kind: rails, \(keys)", .rails(tiers)),
      (
        "kind: dragonfly, nodes_per_router: 1, routers_per_group: 1, global_links_per_router: 1",
        .dragonfly(Dragonfly(nodesPerRouter: 1, routersPerGroup: 1, globalLinksPerRouter: 1))
      ),
    ]
    for (text, fabric) in expected {
      let (_, found) = try regularLayout(cluster("{fabric: {\(text)}}"))
      #expect(found == fabric)
    }
  }

  @Test func `switches can be listed one by one`() throws {
    let layout = """
      {node: {sockets: 2, socket_link: test-pcie, gpu_links: [[0, 1, 4]], switches: [
        {gpus: [0, 1, 2, 3], cards: [0]}, {socket: 1, gpus: [4, 5, 6, 7], cards: [1, 2]},
        {socket: 1, cards: [3, 4, 5, 6, 7], direct: true}]}}
      """
    let (node, _) = try regularLayout(cluster(layout))
    #expect(node.switchSockets == [0, 1])
    #expect(node.cardPlaces[3] == .socket(1) && node.cardPlaces[2] == .pcieSwitch(1))
    #expect(node.deviceLinks == .direct([DevicePair(0, 1, bonded: 4)]))
  }

  @Test func `a graph describes everything`() throws {
    let text = """
      base: test-node
        nodes: 1
        devices_per_node: 2
        layout:
          graph:
            vertices: [{name: a, kind: gpu, node: 0}, {name: b, kind: gpu, node: 0}]
            links: [{from: a, to: b, kind: nvlink, link: test-nvlink, bonded: 2, duplex: half}]
      """
    let cluster = try Sample.read(Sample.scenario(cluster: "\n  " + text, plan: "{pp: 1, tp: 2, dp: 1}")).cluster
    let topology = try cluster.makeTopology()
    #expect(topology.links.count == 2 && topology.capacities.count == 1)
    #expect(topology.links[0].bandwidth == .gigabytesPerSecond(50))
  }

  @Test func `a layout and its node inherit key by key`() throws {
    let base =
      Sample.cluster + """

        layout:
          node: {sockets: 2, socket_link: test-pcie, switches: 4, gpu_links: nvswitch}
          fabric: {kind: rails, nodes_per_leaf: 4, spines: 4}
        """
    let child = """
      kind: cluster
      name: child
      base: laid-out
      layout:
        node: {switches: 8}
      """
    let catalog = Catalog(
      files: Sample.files + [("clusters/laid-out.yaml", base), ("clusters/child.yaml", child)])
    let cluster = try catalog.cluster(named: "child x 2")
    let (node, fabric) = try regularLayout(cluster)
    #expect(node.sockets == 2 && node.switchSockets.count == 8)
    #expect(fabric == .rails(FabricTiers(nodesPerLeaf: 4, spines: 4)))
  }

  @Test(arguments: [
    ("{nodes: 1}", "layout.nodes: found a key"), ("7", "found 7"),
    ("{node: {sockets: 2}}", "socket_link"), ("{node: {sockets: 0}}", "whole number >= 1"),
    ("{node: {switches: many}}", "whole number"), ("{node: {gpu_links: hybrid}}", "hybrid-cube-mesh"),
    ("{node: {gpu_links: [[0, 8, 1]]}}", "gpu_links[0][1]"), ("{node: {gpu_links: [[0, 1]]}}", "two GPUs"),
    ("{node: {gpu_links: [[3, 3, 1]]}}", "between GPU 3 and GPU 3"),
    ("{node: {domain_nodes: 2}}", "gpu_links: nvswitch"),
    ("{node: {switches: [{gpus: [0, 0]}]}}", "not listed before"),
    ("{node: {switches: [{gpus: [0, 1, 2]}]}}", "no place for GPU 3"), ("{node: {switches: []}}", "no place for GPU 0"),
    ("{node: {switches: [{gpus: 3}]}}", "a list of numbers"),
    ("{node: {switches: [{socket: 5, gpus: [9]}]}}", "gpus[0]"),
    ("{fabric: {}}", "found no such key"), ("{fabric: {kind: ring}}", "leaf-spine"),
    ("{fabric: {kind: rails, spines: 2}}", "nodes_per_leaf"),
    ("{fabric: {kind: rails, nodes_per_leaf: 2, spines: 2, oversubscription: 0}}", "a ratio"),
    ("{fabric: {kind: rails, nodes_per_leaf: 2, spines: 2, leaves_per_pod: 2}}", "cores"),
    ("{graph: {vertices: [], links: []}}", "a list of mappings"),
    (
      "{graph: {vertices: [{name: a, kind: gpu}], links: [{from: a, to: b, kind: pcie, link: test-pcie}]}}",
      "GPUs in the"
    ),
    ("{graph: {vertices: [{name: a, kind: cpu}], links: [{from: a, to: b, kind: pcie, link: x}]}}", "socket"),
    ("{graph: {}, node: {}}", "no node beside a graph"),
  ])
  func `what is wrong with a layout is said`(layout: String, fragment: String) {
    let inline = "\n  base: test-node\n  nodes: 2\n  layout: \(layout)"
    let failure = Sample.failure(Sample.scenario(cluster: inline))
    #expect(failure?.description.contains(fragment) == true, "\(failure?.description ?? "read")")
  }

  @Test func `every shipped cluster has a topology that routes between its ends`() throws {
    for name in Catalog.builtIn.names(.cluster) {
      let cluster = try Catalog.builtIn.cluster(named: name)
      for nodes in [cluster.nodes, 2 * cluster.nodes, 40] {
        let topology = try cluster.with(nodes: nodes).makeTopology()
        var router = Router(topology)
        let route = try router.route(from: 0, to: topology.deviceCount - 1)
        #expect(route.latency < .microseconds(100), "\(name)")
      }
    }
  }
}

/// The two halves of a layout that is no graph.
func regularLayout(_ cluster: Cluster) throws -> (node: NodeLayout, fabric: FabricLayout) {
  guard case .regular(let node, let fabric)? = cluster.layout else {
    throw Expected(what: "a layout of nodes and a fabric")
  }
  return (node, fabric)
}

/// Something a test needs is not there.
private struct Expected: Error {
  let what: String
}
