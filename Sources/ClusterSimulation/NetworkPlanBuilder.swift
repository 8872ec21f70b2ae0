import Costing
import Hardware
import Network
import Parallelism
import Quantities
import Workload

/// Maps the collectives and messages of compiled programs onto the links of a cluster.
///
/// A collective is one flow. Its algorithm says how many bytes each member's port inside its node and each node's cards
/// carry (``FlowDemand``); ``ClusterPaths`` says which links those are. When ranks are folded, the flow of a group stands
/// for the flows of all groups its class holds, because they run at the same time: its weights are their sums. Links that
/// carry the same of every flow are then one link.
struct NetworkPlanBuilder {
  private let setup: TrainingSetup
  private let classes: RankClasses
  private let layout: StageLayout
  private let programs: ProgramSet
  private let map: RankMap
  private let costs: CollectiveCost
  private var paths: ClusterPaths
  private var plan = NetworkPlan()
  /// The load that is being added up.
  private var sum: LoadSum
  /// Load of each flow on the capacities of the topology.
  private var loads: [[CapacityLoad]] = []
  /// Global ranks of every group a simulated group stands for.
  private var groupsOfGroup: [Int32: [[Int]]] = [:]
  /// What a byte through the ports or out of the nodes of an owner's groups loads.
  private var units: [UnitKey: [CapacityLoad]] = [:]
  private var partyOfOwner: [OwnerKey: Int] = [:]

  /// A call over the groups of a slot, or a message to the peer of a slot.
  private struct Kind: Hashable {
    var call: CollectiveKind?
    var slot: Int32
    var bytes: Int64
  }

  /// A simulated group, or `-1 - rank` and the peer slot of a sender of messages.
  private struct OwnerKey: Hashable {
    var owner: Int32
    var slot: Int32
  }

  private struct UnitKey: Hashable {
    var owner: OwnerKey
    /// Rails between neighbouring nodes; 0 for the ports inside, -1 for a message.
    var senders: Int
  }

  init(
    setup: TrainingSetup, classes: RankClasses, layout: StageLayout, programs: ProgramSet, map: RankMap,
    paths: ClusterPaths
  ) {
    self.setup = setup
    self.classes = classes
    self.layout = layout
    self.programs = programs
    self.map = map
    self.paths = paths
    costs = CollectiveCost(fabric: Fabric(cluster: setup.cluster))
    sum = LoadSum(count: paths.topology.capacities.count)
  }

  /// The plan of all flows.
  ///
  /// - Throws: ``SimulationError/network(_:)`` when ranks that communicate do not reach each other.
  consuming func build() throws(SimulationError) -> NetworkPlan {
    collectGroups()
    plan.demands = Array(repeating: NetworkPlan.Demand(), count: programs.operations.count)
    var kindsOfProgram: [[Kind]] = []
    for program in programs.programs.indices { kindsOfProgram.append(assignDemands(program)) }
    plan.routesPerRank = max(1, kindsOfProgram.map(\.count).max() ?? 0)
    plan.routeOfRank = Array(repeating: -1, count: map.rankCount * plan.routesPerRank)
    var known: [OwnerKey: [Kind: Int32]] = [:]
    for rank in 0..<map.rankCount {
      for (index, kind) in kindsOfProgram[Int(map.programs[rank])].enumerated() {
        let owner = owner(of: kind, rank: rank)
        var flowKind = kind
        flowKind.slot = owner.slot
        let route: Int32
        if let found = known[owner]?[flowKind] {
          route = found
        } else {
          route = try addFlow(kind, rank: rank, owner: owner)
          known[owner, default: [:]][flowKind] = route
        }
        plan.routeOfRank[rank * plan.routesPerRank + index] = route
      }
    }
    foldLinks()
    return plan
  }

  private func owner(of kind: Kind, rank: Int) -> OwnerKey {
    kind.call == nil
      ? OwnerKey(owner: -1 - Int32(rank), slot: kind.slot)
      : OwnerKey(owner: map.groups[rank * map.groupSlotCount + Int(kind.slot)], slot: 0)
  }

  // MARK: Demands

  /// Gives every communication of a program its amount, latency and route index; returns the kinds behind the indices.
  private mutating func assignDemands(_ program: Int) -> [Kind] {
    var kinds: [Kind] = []
    var numbers: [Kind: Int32] = [:]
    var seen: Set<Int32> = []
    let rankClass = classes.classes[program]
    for step in programs.steps[programs.stepRange(ofProgram: program)] where seen.insert(step.template).inserted {
      for index in programs.operationRange(ofTemplate: Int(step.template)) {
        let operation = programs.operations[index]
        let info = programs.infos[index]
        guard info.call != nil || operation.role == .send, operation.link >= 0 else { continue }
        let kind = Kind(call: info.call, slot: operation.link, bytes: info.bytes)
        guard let demand = demand(kind, of: rankClass), demand.scale > 0 else { continue }
        let number = numbers[kind] ?? Int32(kinds.count)
        if numbers[kind] == nil {
          numbers[kind] = number
          kinds.append(kind)
        }
        plan.demands[index] = NetworkPlan.Demand(
          route: number, amount: demand.scale, latency: demand.latency.roundedUp.nanoseconds)
      }
    }
    return kinds
  }

  /// What a kind of communication asks of the links; `nil` for what is not simulated as a flow (the gradient norm's four
  /// bytes over all ranks).
  private func demand(_ kind: Kind, of rankClass: RankClass) -> FlowDemand? {
    guard let call = kind.call else {
      let crosses = rankClass.crossesNodes[Int(kind.slot)]
      let pair = GroupShape(ranks: 2, nodes: crosses ? 2 : 1, ranksPerNode: crosses ? 1 : 2)
      return costs.best(CollectiveCall(kind: .sendReceive, payload: Bytes(kind.bytes)), over: pair)?.demand
    }
    guard classes.stageGroups[rankClass.stage].uses[Int(kind.slot)] != .world else { return nil }
    return costs.best(
      CollectiveCall(kind: call, payload: Bytes(kind.bytes)), over: rankClass.shapes[Int(kind.slot)])?.demand
  }

  // MARK: Flows

  /// Adds the flow of a kind as the simulated rank runs it; returns its route.
  private mutating func addFlow(_ kind: Kind, rank: Int, owner: OwnerKey) throws(SimulationError) -> Int32 {
    let rankClass = classes.classes[Int(map.programs[rank])]
    guard let demand = demand(kind, of: rankClass) else { return -1 }
    if kind.call == nil {
      let unit = try messageUnit(owner, rank: rank, rankClass)
      sum.add(unit, times: max(demand.inside, demand.uplink) / demand.scale)
    } else {
      let inside = demand.inside > 0 ? try unit(owner, senders: 0) : []
      let uplinks = demand.uplink > 0 ? try unit(owner, senders: max(1, demand.sendersPerNode)) : []
      if !inside.isEmpty { sum.add(inside, times: demand.inside / demand.scale) }
      if !uplinks.isEmpty { sum.add(uplinks, times: demand.uplink / demand.scale) }
    }
    loads.append(sum.take())
    plan.partyOfRoute.append(party(owner, rank: rank, kind))
    plan.rateAlone.append(try rateAlone(kind, demand, owner, rank: rank))
    return Int32(loads.count - 1)
  }

  /// Payload bytes per second of the first group (or sender) a flow stands for, when nobody else communicates.
  private mutating func rateAlone(
    _ kind: Kind, _ demand: FlowDemand, _ owner: OwnerKey, rank: Int
  ) throws(SimulationError) -> Double {
    if kind.call == nil {
      let (source, peer) = (map.globalRanks[rank], layout.peers[classes.location(map.globalRanks[rank]).stage])
      let other = classes.rank(stage: peer[Int(owner.slot)], position: classes.location(source).position)
      try paths.add(from: source, to: other, weight: max(demand.inside, demand.uplink) / demand.scale, to: &sum)
    } else if let members = groupsOfGroup[owner.owner]?.first {
      if demand.inside > 0 {
        try paths.addInside(members, to: &sum)
        sum.scale(by: demand.inside / demand.scale)
      }
      let inside = sum.take()
      if demand.uplink > 0 {
        try paths.addUplinks(members, senders: max(1, demand.sendersPerNode), to: &sum)
        sum.scale(by: demand.uplink / demand.scale)
      }
      sum.add(inside, times: 1)
    }
    return sum.take().map { paths.rates[Int($0.capacity)] / $0.weight }.min() ?? .infinity
  }

  /// What one byte of every message a simulated sender stands for loads.
  private mutating func messageUnit(
    _ owner: OwnerKey, rank: Int, _ rankClass: RankClass
  ) throws(SimulationError) -> [CapacityLoad] {
    let key = UnitKey(owner: owner, senders: -1)
    if let known = units[key] { return known }
    let peer = layout.peers[rankClass.stage][Int(owner.slot)]
    for member in map.isFolded ? rankClass.members : [map.globalRanks[rank]] {
      let other = classes.rank(stage: peer, position: classes.location(member).position)
      try paths.add(from: member, to: other, weight: 1, to: &sum)
    }
    let unit = sum.take()
    units[key] = unit
    return unit
  }

  /// What a byte through the ports (no senders) or out of the nodes of all groups of an owner loads.
  private mutating func unit(_ owner: OwnerKey, senders: Int) throws(SimulationError) -> [CapacityLoad] {
    let key = UnitKey(owner: owner, senders: senders)
    if let known = units[key] { return known }
    for members in groupsOfGroup[owner.owner] ?? [] {
      if senders == 0 {
        try paths.addInside(members, to: &sum)
      } else {
        try paths.addUplinks(members, senders: senders, to: &sum)
      }
    }
    let unit = sum.take()
    units[key] = unit
    return unit
  }

  /// The number of an owner among the parties; described on first sight.
  private mutating func party(_ owner: OwnerKey, rank: Int, _ kind: Kind) -> Int {
    if let known = partyOfOwner[owner] { return known }
    let rankClass = classes.classes[Int(map.programs[rank])]
    let stage = rankClass.stage
    partyOfOwner[owner] = plan.parties.count
    plan.groupOfParty.append(kind.call == nil ? -1 : owner.owner)
    if kind.call == nil {
      let peer = layout.peers[stage][Int(owner.slot)]
      let first = map.globalRanks[rank]
      plan.parties.append(
        NetworkPlan.Party(
          name: "to stage \(peer)", stage: stage,
          members: [first, classes.rank(stage: peer, position: classes.location(first).position)],
          count: map.isFolded ? rankClass.members.count : 1))
    } else {
      let groups = groupsOfGroup[owner.owner] ?? []
      plan.parties.append(
        NetworkPlan.Party(
          name: classes.stageGroups[stage].uses[Int(kind.slot)].name, stage: stage, members: groups.first ?? [],
          count: groups.count))
    }
    return plan.parties.count - 1
  }

  // MARK: Groups and links

  /// Finds for every simulated group the real groups it stands for.
  private mutating func collectGroups() {
    var simulated = Array(repeating: 0, count: classes.classOfRank.count)
    for (index, rank) in map.globalRanks.enumerated() {
      guard map.isFolded else {
        simulated[rank] = index
        continue
      }
      for member in classes.classes[classes.classOfRank[rank]].members { simulated[member] = index }
    }
    for stage in classes.stageGroups.indices {
      for (slot, use) in classes.stageGroups[stage].uses.enumerated() where use != .world {
        if use == .tiedEmbedding, stage != layout.owner[0] { continue }
        classes.forEachGroup(stage: stage, use: use) { position, members in
          let rank = simulated[classes.rank(stage: stage, position: position)]
          groupsOfGroup[map.groups[rank * map.groupSlotCount + slot], default: []].append(members)
        }
      }
    }
  }

  /// Makes one link of all that carry the same weight of every flow and have the same capacity.
  private mutating func foldLinks() {
    let topology = paths.topology
    var signatures = Array(repeating: StableHash(), count: topology.capacities.count)
    var isUsed = Array(repeating: false, count: topology.capacities.count)
    for (flow, load) in loads.enumerated() {
      for use in load {
        isUsed[Int(use.capacity)] = true
        signatures[Int(use.capacity)].combine(UInt64(flow))
        signatures[Int(use.capacity)].combine(use.weight.bitPattern)
      }
    }
    var firstLinks = Array(repeating: Int32(-1), count: topology.capacities.count)
    for id in topology.links.indices.reversed() { firstLinks[Int(topology.links[id].capacityGroup)] = Int32(id) }
    var numbers: [UInt64: Int] = [:]
    var linkOf = Array(repeating: -1, count: topology.capacities.count)
    for capacity in topology.capacities.indices where isUsed[capacity] {
      signatures[capacity].combine(paths.rates[capacity].bitPattern)
      let number = numbers[signatures[capacity].value] ?? plan.links.count
      linkOf[capacity] = number
      guard number == plan.links.count else {
        plan.links[number].count += 1
        continue
      }
      numbers[signatures[capacity].value] = number
      let first = firstLinks[capacity]
      plan.links.append(
        NetworkPlan.Link(
          name: topology.name(ofLink: first), kind: topology.links[Int(first)].kind.rawValue, count: 1,
          capacity: paths.rates[capacity]))
    }
    plan.routes = loads.map { load in
      var uses: [Int: Double] = [:]
      for use in load { uses[linkOf[Int(use.capacity)]] = use.weight }
      return uses.sorted { $0.key < $1.key }.map { LinkUse(link: $0.key, weight: $0.value) }
    }
  }
}

extension FlowDemand {
  /// The larger of its weights: the amount of the flow, so that weights are fractions of it.
  fileprivate var scale: Double { max(inside, uplink) }
}
