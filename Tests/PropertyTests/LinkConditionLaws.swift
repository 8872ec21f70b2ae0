import ClusterSimulation
import Hardware
import Quantities
import TestSupport
import Testing

/// Links that are slow or have failed, and ranks that differ, on shared networks.
@Suite("Links that differ")
struct LinkConditionLaws {
  struct Case: CustomStringConvertible {
    let number: Int
    let setup: TrainingSetup

    var description: String { "case \(number): \(setup.plan.text), \(setup.conditions)" }
  }

  /// Generated plans on clusters whose nodes have two PCIe switches, two rails and a fabric with spines; one link, a GPU, or
  /// both are slow.
  static let cases: [Case] = {
    var setups = SetupGenerator(seed: 271)
    var numbers = SeededGenerator(seed: 272)
    return (0..<80).compactMap { number in
      var setup = setups.next()
      let cluster = setup.cluster
      guard cluster.nodes > 1 || number % 4 == 0 else { return nil }
      let node = NodeLayout.tree(
        devices: cluster.devicesPerNode, cards: cluster.networkCardsPerNode, sockets: 1,
        switches: min(2, cluster.devicesPerNode),
        deviceLinks: cluster.topology == .nvswitch ? .crossbar(nodes: 1) : .none)
      let fabric = FabricLayout.leafSpine(FabricTiers(nodesPerLeaf: 1, spines: 2, oversubscription: 2))
      setup.cluster = cluster.with(layout: .regular(node, fabric))
      guard let topology = try? setup.cluster.makeTopology() else { return nil }
      if number % 3 != 0 {
        let link = Int32.random(in: 0..<Int32(topology.links.count), using: &numbers)
        setup.conditions.slowLinks = [.init(name: topology.name(ofLink: link), speed: 0.25)]
      }
      if number % 3 != 1 {
        setup.conditions.slowDevices = [
          .init(rank: Int.random(in: 0..<cluster.deviceCount, using: &numbers), speed: 0.5)
        ]
      }
      return Case(number: number, setup: setup)
    }
  }()

  static func result(_ setup: TrainingSetup, expandRanks: Bool = false) throws -> SimulationResult {
    try TrainingSimulation(setup).run(expandRanks: expandRanks, network: .shared)
  }

  /// Every rank of the expanded run ends its tasks when its class's representative does, up to rounding.
  @Test func `a slow link or rank gives the same times folded and expanded`() throws {
    #expect(Self.cases.count > 40)
    for test in Self.cases {
      let folded = try Self.result(test.setup).trace
      let expanded = try Self.result(test.setup, expandRanks: true).trace
      for rank in expanded.map.globalRanks.indices {
        guard let twin = folded.map.programs.firstIndex(of: expanded.map.programs[rank]) else {
          Issue.record("\(test): rank \(rank) has no representative")
          continue
        }
        let mine = expanded.columns.ends[expanded.map.firstRows[rank]..<expanded.map.firstRows[rank + 1]]
        let its = folded.columns.ends[folded.map.firstRows[twin]..<folded.map.firstRows[twin + 1]]
        let worst = zip(mine, its).map { abs(Double($0 - $1)) / Double(max($1, 1)) }.max() ?? 0
        #expect(worst < 1e-5, "\(test): rank \(rank) differs by \(worst)")
      }
    }
  }

  /// Nothing is slow, but links differ all the same: hashed ways, cube meshes, bridges, switches with unlike numbers of GPUs.
  static let uneven: [Case] = {
    var setups = SetupGenerator(seed: 733)
    return (0..<120).compactMap { number in
      var setup = setups.next()
      let cluster = setup.cluster
      let devices = cluster.devicesPerNode
      let direct: NodeLayout.DeviceLinks =
        switch number % 3 {
        case 0 where devices == 8: .direct(DevicePair.hybridCubeMesh)
        case 1 where devices > 2: .direct(DevicePair.bridges(devices: devices))
        default: .none
        }
      let places = (0..<devices).map { NodeLayout.Place.pcieSwitch($0 == 0 ? 0 : 1) }
      let node = NodeLayout(
        sockets: 1, switchSockets: [0, 0], devicePlaces: places,
        cardPlaces: (0..<cluster.networkCardsPerNode).map { .pcieSwitch($0 % 2) }, deviceLinks: direct)
      let fabric = FabricLayout.leafSpine(FabricTiers(nodesPerLeaf: 1, spines: 3, oversubscription: 2))
      setup.cluster = cluster.with(layout: .regular(node, fabric))
      setup.cluster.spreading = number % 2 == 0 ? .hashed(connections: 1) : .even
      if number % 4 == 0 {
        setup.cluster = setup.cluster.withInterference(InterferenceTraits(kernel: 1.2, collective: 1.3))
      }
      return Case(number: number, setup: setup)
    }
  }()

  @Test func `uneven links give the same times folded and expanded`() throws {
    var folded = 0
    for test in Self.uneven {
      let some = try Self.result(test.setup)
      let all = try Self.result(test.setup, expandRanks: true)
      let (left, right) = (Double(some.iterationTime.nanoseconds), Double(all.iterationTime.nanoseconds))
      #expect(abs(left - right) / right < 1e-5, "\(test): folded \(left), expanded \(right)")
      if some.trace.map.rankCount < all.trace.map.rankCount { folded += 1 }
    }
    #expect(folded > 5)
  }

  @Test func `classes split only where they must`() throws {
    let folded = try Self.cases.count { try Self.result($0.setup).trace.map.rankCount < $0.setup.cluster.deviceCount }
    #expect(folded > Self.cases.count / 8)
  }

  /// Up to anomalies of list scheduling, which fluid sharing shows as well: a slow link may let another group go first.
  @Test func `a slow link hardly ever makes an iteration shorter`() throws {
    var faster = 0
    for test in Self.cases where test.setup.conditions.disturbsLinks {
      var healthy = test.setup
      healthy.conditions.slowLinks = []
      let slow = Double(try Self.result(test.setup).iterationTime.nanoseconds)
      let normal = Double(try Self.result(healthy).iterationTime.nanoseconds)
      #expect(slow > normal * 0.98, "\(test)")
      if slow < normal * 0.999_999 { faster += 1 }
    }
    #expect(faster <= 4)
  }

  /// Two nodes with two leaves and two spines: without one of the cables of a spine everything goes over the other; without
  /// the cable of the only card of a node nothing gets through.
  @Test func `messages take another way around a failed link, or an error names it`() throws {
    var strategy = LayerStrategyShorthand.data(ranks: 4)
    strategy.zero = .none
    let cluster = TestHardware.cluster(nodes: 2, devicesPerNode: 2, cards: 1)
    let node = NodeLayout.tree(devices: 2, cards: 1, sockets: 1, switches: 1, deviceLinks: .crossbar(nodes: 1))
    let fabric = FabricLayout.leafSpine(FabricTiers(nodesPerLeaf: 1, spines: 2))
    var setup = try LayerStrategyShorthand.setup(
      strategy, on: cluster.with(layout: .regular(node, fabric)))
    let healthy = try Self.result(setup)
    setup.conditions.failedLinks = ["leaf0-spine0"]
    let around = try Self.result(setup)
    #expect(around.iterationTime > healthy.iterationTime)
    #expect(around.network?.links.contains { $0.name.contains("spine0") } == false)
    setup.conditions.failedLinks = ["node0.nic0-leaf0"]
    do {
      _ = try Self.result(setup)
      Issue.record("a node without a network finished")
    } catch let error as SimulationError {
      #expect("\(error)".contains("node0.nic0-leaf0"))
    }
  }

  @Test func `closed forms refuse conditions of links`() throws {
    var setup = try LayerStrategyShorthand.setup(
      LayerStrategyShorthand.data(ranks: 4), on: TestHardware.cluster(nodes: 2, devicesPerNode: 2))
    setup.conditions.failedLinks = ["node0.nic0-leaf0"]
    #expect(throws: SimulationError.self) { try TrainingSimulation(setup).run() }
  }
}
