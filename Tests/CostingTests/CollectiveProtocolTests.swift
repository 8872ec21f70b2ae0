import Costing
import Hardware
import Quantities
import TestSupport
import Testing
import Workload

/// Links driven by a library with fixed costs: 100 GB/s inside at 0.8, cards of 25 GB/s between, 10 us for a call, 8
/// channels, the limits of Ampere; switches inside reduce at half of the rate.
enum DrivenHardware {
  static func cluster(
    nodes: Int = 1, topology: NodeTopology = .nvswitch, efficiency: EfficiencyCurve = TestHardware.curve(0.8),
    networkReduces: Bool = false, table: CollectiveTable? = nil
  ) -> Cluster {
    let driver = CollectiveTraits.Driver(generation: .ampere, channels: 8, callOverhead: .microseconds(10))
    let plain = TestHardware.cluster(nodes: nodes, topology: topology)
    return Cluster(
      name: "driven", device: plain.device, devicesPerNode: 8, nodes: nodes, topology: topology,
      intraNode: LinkSpec(
        name: "inside", bandwidth: .gigabytesPerSecond(100), latency: .microseconds(0.6), efficiency: efficiency,
        collectives: CollectiveTraits(medium: .nvlink, driver: driver, inSwitch: TestHardware.curve(0.5)),
        provenance: [:]),
      interNode: nodes == 1
        ? nil
        : LinkSpec(
          name: "between", bandwidth: .gigabytesPerSecond(25), latency: .microseconds(5),
          efficiency: TestHardware.curve(1),
          collectives: CollectiveTraits(medium: .network, inSwitch: networkReduces ? TestHardware.curve(0.8) : nil),
          provenance: [:]),
      networkCardsPerNode: nodes == 1 ? 0 : 8, hostLink: plain.hostLink, measuredCollectives: table)
  }
}

@Suite("Protocols of collectives")
struct CollectiveProtocolTests {
  private let billion = Bytes(1_000_000_000)
  private let eight = GroupShape(ranks: 8, nodes: 1, ranksPerNode: 8)
  private let node = Fabric(cluster: DrivenHardware.cluster())
  private let mesh = Fabric(cluster: DrivenHardware.cluster(topology: .mesh))

  private func reduce(_ bytes: Int64) -> CollectiveCall { CollectiveCall(kind: .allReduce, payload: Bytes(bytes)) }

  private func time(
    _ algorithm: some CollectiveAlgorithm, _ call: CollectiveCall, _ shape: GroupShape, _ fabric: Fabric,
    _ choice: CollectiveProtocol
  ) throws -> Double {
    let demand = try #require(algorithm.demand(call, over: shape, on: fabric, using: choice))
    return fabric.duration(demand).value
  }

  /// Call 10 us + start 6.6 us + 14 hops of 0.6 us = 25 us. One channel does not get less than 4 KiB, so 1 KiB uses one
  /// of 8: (14 + 0.386) / 8 * 1024 * 8 bytes at half of 80 GB/s: 0.3682816 us.
  @Test func `a small ring all-reduce takes its latency and one channel`() throws {
    let time = try time(RingAlgorithm(), reduce(1024), eight, node, .lowLatency)
    #expect(abs(time - 25.368_281_6e-6) < 1e-15)
  }

  /// 10 + 8.4 + 14 * 3.4 = 66 us; (14 + 0.386) / 8 * 1e9 / 80e9 = 22.478125 ms.
  @Test func `a large ring all-reduce copies a share of a step in each pass`() throws {
    #expect(abs(try time(RingAlgorithm(), reduce(1_000_000_000), eight, node, .simple) - 0.022_544_125) < 1e-12)
  }

  /// Without switches: LL 25 us + 4.495625e-5 us/B, LL128 50.6 us + 2.443274e-5 us/B (0.92 of 80 GB/s), Simple
  /// 66 us + 2.2478125e-5 us/B. They cross at 1,247,351 and 7,878,910 bytes.
  @Test(
    arguments: [
      (Int64(1_240_000), CollectiveProtocol.lowLatency), (1_255_000, .lowLatency128), (7_860_000, .lowLatency128),
      (7_900_000, .simple),
    ] as [(Int64, CollectiveProtocol)])
  func `the protocol changes where the closed forms cross`(bytes: Int64, expected: CollectiveProtocol) throws {
    let best = try #require(CollectiveCost(fabric: mesh).best(reduce(bytes), over: eight))
    #expect(best.wireProtocol == expected)
    #expect(best.algorithm.name == "ring")
  }

  /// In-switch: 10 + 8.4 + 25 = 43.4 us + 2e-5 us/B crosses LL at 18.4 / 2.495625e-5 = 737,290 bytes.
  @Test func `switches win where their longer trip pays`() throws {
    let cost = CollectiveCost(fabric: node)
    #expect(try #require(cost.best(reduce(730_000), over: eight)).algorithm.name == "ring")
    let large = try #require(cost.best(reduce(745_000), over: eight))
    #expect(large.algorithm.name == "in-switch")
    #expect(abs(large.time.value - 58.3e-6) < 1e-12)
  }

  @Test func `switches reduce only where the node has them and the link says so`() {
    let call = reduce(1 << 30)
    #expect(InSwitchAlgorithm().duration(call, over: eight, on: node) != nil)
    #expect(InSwitchAlgorithm().duration(call, over: eight, on: mesh) == nil)
    #expect(InSwitchAlgorithm().duration(call, over: eight, on: Fabric(cluster: TestHardware.cluster())) == nil)
    let exchange = CollectiveCall(kind: .allToAll, payload: billion)
    #expect(InSwitchAlgorithm().duration(exchange, over: eight, on: node) == nil)
  }

  /// 10 + 8.4 + 25 + 2 * 20.9 = 85.2 us; inside 1e9 / 50e9 = 20 ms; between 5 ms, its first chunk of 8 * 512 KiB
  /// shows: 4,194,304 / 200e9 = 20.97152 us.
  @Test func `switches inside two nodes are joined by a tree`() throws {
    let fabric = Fabric(cluster: DrivenHardware.cluster(nodes: 2))
    let shape = GroupShape(ranks: 16, nodes: 2, ranksPerNode: 8)
    let time = try time(InSwitchAlgorithm(), reduce(1_000_000_000), shape, fabric, .simple)
    #expect(abs(time - 0.020_106_171_52) < 1e-12)
  }

  /// 10 + 8.4 + 2 * 3.7 + 31 = 56.8 us; inside 20 ms; between 1e9 / (0.8 * 200e9) = 6.25 ms, of which the first chunk
  /// shows: 26.2144 us.
  @Test func `switches of the network reduce when the link says so`() throws {
    let shape = GroupShape(ranks: 32, nodes: 4, ranksPerNode: 8)
    let fabric = Fabric(cluster: DrivenHardware.cluster(nodes: 4, networkReduces: true))
    let time = try time(InNetworkAlgorithm(), reduce(1_000_000_000), shape, fabric, .simple)
    #expect(abs(time - 0.020_083_014_4) < 1e-12)
    let plain = Fabric(cluster: DrivenHardware.cluster(nodes: 4))
    #expect(InNetworkAlgorithm().duration(reduce(1 << 30), over: shape, on: plain) == nil)
    #expect(InNetworkAlgorithm().duration(reduce(1 << 30), over: eight, on: fabric) == nil)
  }

  /// Four nodes of one rank: 10 + 8.4 + 4 * 14 = 74.4 us + 2e9 / 25e9.
  @Test func `a tree pays the network hop of its protocol`() throws {
    let fabric = Fabric(cluster: DrivenHardware.cluster(nodes: 4))
    let shape = GroupShape(ranks: 4, nodes: 4, ranksPerNode: 1)
    #expect(abs(try time(TreeAlgorithm(), reduce(1_000_000_000), shape, fabric, .simple) - 0.080_074_4) < 1e-12)
  }

  /// 10 + 8.4 + 7 * 0.6 = 22.6 us of starts + 0.875e9 / 80e9; the middle protocol is not used for messages.
  @Test func `an all-to-all starts its messages with the fastest flag`() throws {
    let call = CollectiveCall(kind: .allToAll, payload: billion)
    #expect(abs(try time(PairwiseAlgorithm(), call, eight, node, .simple) - 0.010_960_1) < 1e-12)
    #expect(PairwiseAlgorithm().demand(call, over: eight, on: node, using: .lowLatency128) == nil)
  }

  /// At two nodes LL carries at most 22.5 GB/s, flags included, of the node's 200: 1e6 / 11.25e9.
  @Test func `the low-latency protocol is capped between nodes`() throws {
    let fabric = Fabric(cluster: DrivenHardware.cluster(nodes: 2))
    let shape = GroupShape(ranks: 16, nodes: 2, ranksPerNode: 8)
    let time = try time(TreeAlgorithm(), reduce(1_000_000), shape, fabric, .lowLatency)
    #expect(abs(time - (35.2e-6 + 1e6 / 11.25e9)) < 1e-12)
  }

  static let shapes: [GroupShape] = [
    GroupShape(ranks: 2, nodes: 1, ranksPerNode: 2), GroupShape(ranks: 8, nodes: 1, ranksPerNode: 8),
    GroupShape(ranks: 4, nodes: 4, ranksPerNode: 1), GroupShape(ranks: 3, nodes: 2, ranksPerNode: 2),
    GroupShape(ranks: 16, nodes: 2, ranksPerNode: 8), GroupShape(ranks: 32, nodes: 4, ranksPerNode: 8),
  ]

  @Test(arguments: shapes)
  func `every algorithm keeps the laws of collectives on driven links`(shape: GroupShape) {
    let cluster = DrivenHardware.cluster(nodes: 4, networkReduces: true)
    for algorithm in CollectiveCatalog.all {
      #expect(collectiveConformanceProblems(algorithm, over: shape, cluster: cluster) == [])
    }
  }

  /// Curves that fall and jump: what was measured is not smooth.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `more bytes never take less time, whatever the efficiency curve`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let points = (8..<34).map { (Double(1 << $0), Double.random(in: 0.01...1, using: &generator)) }
    let cluster = DrivenHardware.cluster(nodes: 4, efficiency: TestHardware.curve(points))
    let cost = CollectiveCost(fabric: Fabric(cluster: cluster))
    for (shape, kind) in zip(Self.shapes, CollectiveKind.allCases) {
      var previous = Seconds.zero
      for size in denseSizes {
        let time = cost.duration(CollectiveCall(kind: kind, payload: Bytes(size)), over: shape)
        #expect(time >= previous, "\(kind) \(size) over \(shape)")
        previous = time
      }
    }
  }

  @Test func `a demand's closed form is the time of the choice`() throws {
    let cost = CollectiveCost(fabric: Fabric(cluster: DrivenHardware.cluster(nodes: 4)))
    for shape in Self.shapes {
      for kind in CollectiveKind.allCases {
        let call = CollectiveCall(kind: kind, payload: .mebibytes(5))
        let best = try #require(cost.best(call, over: shape))
        #expect(cost.fabric.duration(best.demand) == best.time)
        #expect((best.demand.uplink > 0) == (shape.nodes > 1))
        #expect(best.demand.spine <= best.demand.uplink)
      }
    }
  }
}
