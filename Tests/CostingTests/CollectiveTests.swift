import Costing
import Hardware
import Quantities
import Testing
import TestSupport
import Workload

/// Hand calculations with 100 GB/s and 2 us inside a node, one card of 25 GB/s and 5 us for each GPU between nodes.
@Suite("Collectives")
struct CollectiveTests {
  private let billion = Bytes(1_000_000_000)
  private let node = Fabric(cluster: TestHardware.cluster())
  private let nodes = Fabric(cluster: TestHardware.cluster(nodes: 4))
  private let eight = GroupShape(ranks: 8, nodes: 1, ranksPerNode: 8)

  private func call(_ kind: CollectiveKind, _ payload: Bytes) -> CollectiveCall {
    CollectiveCall(kind: kind, payload: payload)
  }

  private static let shapes: [GroupShape] = [
    GroupShape(ranks: 2, nodes: 1, ranksPerNode: 2), GroupShape(ranks: 8, nodes: 1, ranksPerNode: 8),
    GroupShape(ranks: 2, nodes: 2, ranksPerNode: 1), GroupShape(ranks: 4, nodes: 4, ranksPerNode: 1),
    GroupShape(ranks: 8, nodes: 2, ranksPerNode: 4), GroupShape(ranks: 3, nodes: 2, ranksPerNode: 2),
    GroupShape(ranks: 32, nodes: 4, ranksPerNode: 8), GroupShape(ranks: 12, nodes: 3, ranksPerNode: 6),
  ]

  @Test(arguments: shapes, [1, 2, 8])
  func `every algorithm keeps the laws of collectives`(shape: GroupShape, cards: Int) {
    let cluster = TestHardware.cluster(nodes: 4, cards: cards)
    for algorithm in CollectiveCatalog.all {
      #expect(collectiveConformanceProblems(algorithm, over: shape, cluster: cluster) == [])
    }
  }

  @Test func `a lone rank communicates nothing`() {
    let cost = CollectiveCost(fabric: nodes)
    let lone = GroupShape(ranks: 1, nodes: 1, ranksPerNode: 1)
    for kind in CollectiveKind.allCases {
      #expect(cost.duration(call(kind, .gibibytes(1)), over: lone) == .zero)
      #expect(cost.best(call(kind, .zero), over: eight) == nil)
    }
  }

  @Test(arguments: shapes)
  func `some algorithm does each pattern on each spread, and the fastest is chosen`(shape: GroupShape) throws {
    let cost = CollectiveCost(fabric: nodes)
    for kind in CollectiveKind.allCases {
      let call = call(kind, .mebibytes(3))
      let best = try #require(cost.best(call, over: shape))
      let times = CollectiveCatalog.all.compactMap { $0.duration(call, over: shape, on: nodes) }
      #expect(best.time == times.min())
    }
  }

  /// 14 steps of 2 us + 2 * 7/8 * 1e9 / 100e9 = 28 us + 17.5 ms.
  @Test func `a ring all-reduce of eight matches the hand calculation`() throws {
    let time = try #require(RingAlgorithm().duration(call(.allReduce, billion), over: eight, on: node))
    #expect(abs(time.value - 0.017_528) < 1e-12)
    #expect(RingAlgorithm().bytesSentPerRank(call(.allReduce, billion), over: eight) == 1.75e9)
  }

  /// 7 steps of 2 us + 7/8 * 1e9 / 100e9 = 14 us + 8.75 ms: half an all-reduce.
  @Test(arguments: [CollectiveKind.allGather, .reduceScatter])
  func `a ring all-gather and reduce-scatter take half an all-reduce`(kind: CollectiveKind) throws {
    let time = try #require(RingAlgorithm().duration(call(kind, billion), over: eight, on: node))
    #expect(abs(time.value - 0.008_764) < 1e-12)
  }

  /// 2 us + 7 * 125e6 / 100e9: the own eighth stays; 7 starts of 2 us + 8.75 ms.
  @Test func `an all-to-all inside a node keeps the own part`() throws {
    let time = try #require(PairwiseAlgorithm().duration(call(.allToAll, billion), over: eight, on: node))
    #expect(abs(time.value - 0.008_764) < 1e-12)
    #expect(PairwiseAlgorithm().bytesSentPerRank(call(.allToAll, billion), over: eight) == 0.875e9)
  }

  /// Four nodes of one rank, a card for each GPU: two trees of depth 2, up and down: 2 * 2 * 5 us + 2e9 / 25e9.
  @Test func `a tree all-reduce takes the logarithm of the nodes`() throws {
    let shape = GroupShape(ranks: 4, nodes: 4, ranksPerNode: 1)
    let time = try #require(TreeAlgorithm().duration(call(.allReduce, billion), over: shape, on: nodes))
    #expect(abs(time.value - 0.080_020) < 1e-12)
    #expect(TreeAlgorithm().duration(call(.allReduce, billion), over: eight, on: node) == nil)
  }

  /// 4 nodes of 8: inside, 14 steps of 2 us and 2 * 7/8 * 1e9 / 100e9 = 17.5 ms; between, 6 steps of 5 us and
  /// 1.5 * 125e6 / 25e9 = 7.5 ms. The slower part hides the other but for its first chunk of 8 * 512 KiB:
  /// 28 us + 30 us + 17.5 ms + 1.5 * 4,194,304 / 200e9 = 17.558 ms + 31.45728 us.
  @Test func `the parts of a hierarchical all-reduce are pipelined`() throws {
    let shape = GroupShape(ranks: 32, nodes: 4, ranksPerNode: 8)
    let time = try #require(HierarchicalAlgorithm().duration(call(.allReduce, billion), over: shape, on: nodes))
    #expect(abs(time.value - 0.017_589_457_28) < 1e-12)
    let sent = HierarchicalAlgorithm().bytesSentPerRank(call(.allReduce, billion), over: shape)
    #expect(sent == 2 * (0.875e9 + 0.09375e9))
    #expect(HierarchicalAlgorithm().duration(call(.allReduce, billion), over: eight, on: node) == nil)
  }

  /// Between nodes 24 of 32 parts of 8 ranks over 200 GB/s: 30 ms. Pairwise 7 * 2 us + 24 * 5 us of starts;
  /// in two stages 7 * 2 us + 3 * 5 us, 8.75 ms inside hidden but for the first chunk, 7/8 * 4,194,304 / 100e9.
  @Test func `an exchange in two stages starts fewer messages`() throws {
    let shape = GroupShape(ranks: 32, nodes: 4, ranksPerNode: 8)
    let pairs = try #require(PairwiseAlgorithm().duration(call(.allToAll, billion), over: shape, on: nodes))
    let exchange = HierarchicalExchangeAlgorithm()
    let stages = try #require(exchange.duration(call(.allToAll, billion), over: shape, on: nodes))
    #expect(abs(pairs.value - 0.030_134) < 1e-12)
    #expect(abs(stages.value - 0.030_065_700_16) < 1e-12)
    #expect(exchange.duration(call(.allToAll, billion), over: eight, on: node) == nil)
  }

  /// Two nodes of one rank: each is the root of one of the trees and sends the payload once: 2 * 5 us + 1e9 / 25e9.
  @Test func `a tree over two nodes sends the payload once each way`() throws {
    let shape = GroupShape(ranks: 2, nodes: 2, ranksPerNode: 1)
    let time = try #require(TreeAlgorithm().duration(call(.allReduce, billion), over: shape, on: nodes))
    #expect(abs(time.value - 0.040_010) < 1e-12)
  }

  /// 2 us + 10 ms inside; 5 us + 40 ms between.
  @Test func `a message takes the link's latency and rate`() {
    let cost = CollectiveCost(fabric: nodes)
    #expect(abs(cost.messageDuration(billion, crossesNodes: false).value - 0.010_002) < 1e-12)
    #expect(abs(cost.messageDuration(billion, crossesNodes: true).value - 0.040_005) < 1e-12)
    #expect(cost.messageDuration(.zero, crossesNodes: true) == .zero)
  }

  /// Two cards for eight GPUs: a lone GPU of a node gets a quarter of a card, 6.25 GB/s.
  @Test func `cards are shared by the GPUs of a node`() {
    let cost = CollectiveCost(fabric: Fabric(cluster: TestHardware.cluster(nodes: 2, cards: 2)))
    #expect(abs(cost.messageDuration(billion, crossesNodes: true).value - 0.160_005) < 1e-12)
  }

  @Test func `a broadcast moves the payload once`() throws {
    let time = try #require(RingAlgorithm().duration(call(.broadcast, billion), over: eight, on: node))
    #expect(abs(time.value - 0.010_014) < 1e-12)
  }
}

@Suite("Group shapes")
struct GroupShapeTests {
  private let cluster = TestHardware.cluster(nodes: 3, devicesPerNode: 4)

  @Test func `nodes and the fullest node are counted`() {
    #expect(GroupShape(ranks: [0, 1, 2, 3], cluster: cluster) == GroupShape(ranks: 4, nodes: 1, ranksPerNode: 4))
    #expect(GroupShape(ranks: [0, 4, 8], cluster: cluster) == GroupShape(ranks: 3, nodes: 3, ranksPerNode: 1))
    #expect(GroupShape(ranks: [2, 3, 4], cluster: cluster) == GroupShape(ranks: 3, nodes: 2, ranksPerNode: 2))
    #expect(GroupShape(ranks: [11], cluster: cluster) == GroupShape(ranks: 1, nodes: 1, ranksPerNode: 1))
  }

  @Test func `the order of the members does not matter`() {
    #expect(GroupShape(ranks: [8, 0, 9, 4], cluster: cluster) == GroupShape(ranks: [0, 4, 8, 9], cluster: cluster))
  }
}
