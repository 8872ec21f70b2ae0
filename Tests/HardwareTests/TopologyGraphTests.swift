import Hardware
import Quantities
import Testing
import TestSupport

@Suite("Free-form graphs")
struct TopologyGraphTests {
  private let fast = TestHardware.link(.gigabytesPerSecond(100), latency: .microseconds(1))
  private let slow = TestHardware.link(.gigabytesPerSecond(10), latency: .microseconds(5))

  private func vertex(_ name: String, _ kind: VertexKind, _ node: Int? = 0) -> GraphLayout.Vertex {
    GraphLayout.Vertex(name: name, kind: kind, node: node)
  }

  private func cable(
    _ from: String, _ to: String, _ kind: LinkKind, _ link: LinkSpec, bonded: Int = 1, duplex: Duplex = .full
  ) -> GraphLayout.Cable {
    GraphLayout.Cable(from: from, to: to, kind: kind, link: link, bonded: bonded, duplex: duplex)
  }

  @Test func `names, bonded links and half duplex are kept`() throws {
    let graph = GraphLayout(
      vertices: [vertex("left", .gpu), vertex("right", .gpu), vertex("host", .socket)],
      cables: [
        cable("left", "right", .nvlink, fast, bonded: 3), cable("left", "host", .pcie, slow, duplex: .half),
        cable("right", "host", .pcie, slow),
      ])
    let topology = try graph.makeTopology()
    #expect(topology.links.count == 6)
    #expect(topology.capacities.count == 5, "the half-duplex cable has one capacity, the others two")
    let half = try #require(topology.link(named: "left-host"))
    #expect(topology.links[Int(half)].capacityGroup == topology.links[Int(half) + 1].capacityGroup)
    #expect(topology.links[0].bandwidth == .gigabytesPerSecond(300))
    #expect(topology.cable(0) == [0, 1] && topology.cable(1) == [0, 1])
    #expect(topology.media.count == 2)
    var router = Router(topology)
    #expect(try router.names(1, 0) == ["right-left"])
  }

  /// Three ways of two links: over a (10 GB/s), b (100 GB/s) and c (100 GB/s); b was joined first.
  @Test func `of equally long ways the wider one wins, then the lower link ids`() throws {
    let graph = GraphLayout(
      vertices: [
        vertex("x", .gpu), vertex("y", .gpu), vertex("a", .pcieSwitch), vertex("b", .pcieSwitch),
        vertex("c", .pcieSwitch),
      ],
      cables: [
        cable("x", "a", .pcie, slow), cable("a", "y", .pcie, fast), cable("x", "b", .pcie, fast),
        cable("b", "y", .pcie, fast), cable("x", "c", .pcie, fast), cable("c", "y", .pcie, fast),
      ])
    var router = Router(try graph.makeTopology())
    #expect(try router.names(0, 1) == ["x-b", "b-y"])
    #expect(try router.names(1, 0) == ["y-b", "b-x"])
  }

  @Test func `GPUs of a node without a way inside talk over the network`() throws {
    let graph = GraphLayout(
      vertices: [
        vertex("x", .gpu), vertex("y", .gpu), vertex("m", .networkCard), vertex("n", .networkCard),
        vertex("switch", .leaf, nil),
      ],
      cables: [
        cable("x", "m", .pcie, fast), cable("y", "n", .pcie, fast), cable("m", "switch", .networkCard, slow),
        cable("n", "switch", .networkCard, slow),
      ])
    var router = Router(try graph.makeTopology())
    #expect(try router.names(0, 1) == ["x-m", "m-switch", "switch-n", "n-y"])
  }

  @Test func `cards joined back to back are found too`() throws {
    let graph = GraphLayout(
      vertices: [
        vertex("x", .gpu, 0), vertex("y", .gpu, 1), vertex("m", .networkCard, 0), vertex("n", .networkCard, 1),
      ],
      cables: [
        cable("x", "m", .pcie, fast), cable("y", "n", .pcie, fast), cable("m", "n", .networkCard, slow),
      ])
    var router = Router(try graph.makeTopology())
    #expect(try router.names(0, 1) == ["x-m", "m-n", "n-y"])
  }

  @Test func `a graph that cannot work is refused`() {
    func failure(_ vertices: [GraphLayout.Vertex], _ cables: [GraphLayout.Cable]) -> TopologyError? {
      do throws(TopologyError) {
        _ = try GraphLayout(vertices: vertices, cables: cables).makeTopology()
        return nil
      } catch { return error }
    }
    let pair = [vertex("x", .gpu), vertex("y", .gpu)]
    #expect(failure([vertex("s", .leaf, nil)], []) == .noDevices)
    #expect(failure(pair, []) == .unreachable(rank: 1, name: "y"))
    #expect(failure(pair + pair, []) == .duplicateVertex("x"))
    #expect(failure(pair, [cable("x", "z", .nvlink, fast)]) == .unknownVertex("z"))
    #expect(failure(pair, [cable("x", "y", .nvlink, fast, bonded: 0)]) == .badLink("x-y"))
    #expect(failure(pair, [cable("x", "x", .nvlink, fast)]) == .badLink("x-x"))
    let oneWay = cable("x", "y", .nvlink, fast, duplex: .oneWay)
    #expect(failure(pair, [oneWay]) == .unreachable(rank: 1, name: "y"))
    #expect(failure(pair, [oneWay, cable("y", "x", .nvlink, slow, duplex: .oneWay)]) == nil)
    let dead = TestHardware.link(Bandwidth(bytesPerSecond: 0), latency: .zero)
    #expect(failure(pair, [cable("x", "y", .nvlink, dead)]) == .badLink("x-y"))
  }
}
