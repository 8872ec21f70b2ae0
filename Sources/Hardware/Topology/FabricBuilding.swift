import Quantities

extension FabricLayout {
  /// Why the fabric cannot join so many nodes; `nil` when it can.
  func problem(nodes: Int) -> TopologyError? {
    guard case .dragonfly(let shape) = self else { return nil }
    let groups = shape.groups(nodes: nodes)
    let links = shape.routersPerGroup * shape.globalLinksPerRouter
    return links >= groups - 1 ? nil : .tooFewGlobalLinks(perGroup: links, groups: groups)
  }
}

extension Dragonfly {
  /// Groups that so many nodes fill, the last one perhaps in part.
  func groups(nodes: Int) -> Int {
    let nodesPerGroup = nodesPerRouter * routersPerGroup
    return (nodes + nodesPerGroup - 1) / nodesPerGroup
  }
}

/// The fabric between the cards; nothing when the cluster has no network.
extension ClusterBuilding {
  private var cardsPerNode: Int { node.cardPlaces.count }

  mutating func addFabric(_ fabric: FabricLayout) {
    guard let link = cluster.interNode, cardsPerNode > 0 else { return }
    var plug = cardCable(link)
    plug.medium = builder.medium(link)
    switch fabric {
    case .singleSwitch:
      let leaf = builder.addVertex(.leaf, index: 0)
      for card in cards { builder.connect(card, leaf, plug) }
    case .leafSpine(let tiers):
      addTiers(tiers, leavesPerGroup: 1, cardsPerLeaf: tiers.nodesPerLeaf * cardsPerNode, plug)
    case .rails(let tiers):
      addTiers(tiers, leavesPerGroup: cardsPerNode, cardsPerLeaf: tiers.nodesPerLeaf, plug)
    case .dragonfly(let shape): addDragonfly(shape, plug)
    }
  }

  /// Leaves with their cards, spines, cores.
  ///
  /// A leaf of `cardsPerLeaf` cards has `cardsPerLeaf * rate / oversubscription` upwards, in equal links to its spines.
  private mutating func addTiers(
    _ tiers: FabricTiers, leavesPerGroup: Int, cardsPerLeaf: Int, _ plug: TopologyBuilder.Cable
  ) {
    let groups = (cluster.nodes + tiers.nodesPerLeaf - 1) / tiers.nodesPerLeaf
    let leaves = (0..<groups * leavesPerGroup).map { builder.addVertex(.leaf, index: $0) }
    for (place, card) in cards.enumerated() {
      let (node, number) = (place / cardsPerNode, place % cardsPerNode)
      let group = node / tiers.nodesPerLeaf
      builder.connect(card, leaves[group * leavesPerGroup + (leavesPerGroup == 1 ? 0 : number)], plug)
    }
    guard leaves.count > 1 else { return }
    var up = plug
    up.kind = .fabric
    up.latency = .zero
    let share = Double(cardsPerLeaf) / tiers.oversubscription / Double(tiers.spines)
    up.bandwidth = share * plug.bandwidth
    addSpines(tiers, leaves, up)
  }

  private mutating func addSpines(_ tiers: FabricTiers, _ leaves: [Int32], _ up: TopologyBuilder.Cable) {
    let podSize = tiers.pods?.leavesPerPod ?? leaves.count
    let pods = (leaves.count + podSize - 1) / podSize
    let spines = (0..<pods * tiers.spines).map { builder.addVertex(.spine, index: $0) }
    for (number, leaf) in leaves.enumerated() {
      let pod = number / podSize
      for spine in spines[pod * tiers.spines..<(pod + 1) * tiers.spines] { builder.connect(leaf, spine, up) }
    }
    guard let shape = tiers.pods, pods > 1 else { return }
    var top = up
    let share = Double(shape.leavesPerPod) / shape.oversubscription / Double(shape.cores)
    top.bandwidth = share * up.bandwidth
    let cores = (0..<shape.cores).map { builder.addVertex(.core, index: $0) }
    for spine in spines { for core in cores { builder.connect(spine, core, top) } }
  }

  /// Global link k of a group goes to the group `1 + k mod (groups - 1)` further on; router `k / links` has it.
  private mutating func addDragonfly(_ shape: Dragonfly, _ plug: TopologyBuilder.Cable) {
    let groups = shape.groups(nodes: cluster.nodes)
    let routers = (0..<groups * shape.routersPerGroup).map { builder.addVertex(.router, index: $0) }
    for (place, card) in cards.enumerated() {
      builder.connect(card, routers[place / cardsPerNode / shape.nodesPerRouter], plug)
    }
    var cable = plug
    cable.kind = .fabric
    cable.latency = .zero
    for group in 0..<groups {
      let own = routers[group * shape.routersPerGroup..<(group + 1) * shape.routersPerGroup]
      for first in own.indices {
        for second in own.indices where second > first { builder.connect(own[first], own[second], cable) }
      }
    }
    guard groups > 1 else { return }
    let copies = shape.routersPerGroup * shape.globalLinksPerRouter / (groups - 1)
    func router(_ group: Int, _ port: Int) -> Int32 {
      routers[group * shape.routersPerGroup + port / shape.globalLinksPerRouter]
    }
    for first in 0..<groups {
      for second in first + 1..<max(groups, first + 1) {
        for copy in 0..<copies {
          let distance = second - first
          let start = copy * (groups - 1)
          builder.connect(
            router(first, start + distance - 1), router(second, start + groups - distance - 1), cable)
        }
      }
    }
  }
}
