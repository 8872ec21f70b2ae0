import Costing
import Hardware
import Network
import Parallelism
import Quantities
import Workload

/// Maps the collectives and messages of compiled programs onto the links of a cluster.
///
/// A collective is one flow. Its algorithm says how many bytes each member's port inside its node and each node's cards
/// carry (``FlowDemand``); routes say which links those are. When ranks are folded, the flow of a group stands for the
/// flows of all groups its class holds, because they run at the same time: its weights are their sums. Links that carry
/// the same of every flow are then one link.
struct NetworkPlanBuilder {
  private let setup: TrainingSetup
  private let classes: RankClasses
  private let layout: StageLayout
  private let programs: ProgramSet
  private let map: RankMap
  private let costs: CollectiveCost
  private let topology: Topology
  /// One router per connection of a message between nodes: a library opens several, and a fabric hashes each onto a way
  /// of its own. Two are assumed: more spread better and cost a search of the fabric each.
  private var routers: [Router]
  private static let connections = 2
  private var plan = NetworkPlan()
  /// Load of the flow that is being added, by capacity, and the capacities it touches.
  private var load: [Double]
  private var touched: [Int32] = []
  /// Load of each flow on the links of the topology; ascending links.
  private var loads: [[(link: Int32, weight: Double)]] = []
  /// Global ranks of every group a simulated group stands for.
  private var groupsOfGroup: [Int32: [[Int]]] = [:]

  /// A call over the groups of a slot, or a message to the peer of a slot.
  private struct Kind: Hashable {
    var call: CollectiveKind?
    var slot: Int32
    var bytes: Int64
  }

  init(
    setup: TrainingSetup, classes: RankClasses, layout: StageLayout, programs: ProgramSet, map: RankMap,
    failedLinks: Set<Int32> = [], seed: UInt64 = 0
  ) throws(TopologyError) {
    self.setup = setup
    self.classes = classes
    self.layout = layout
    self.programs = programs
    self.map = map
    costs = CollectiveCost(fabric: Fabric(cluster: setup.cluster))
    topology = try setup.cluster.makeTopology()
    load = Array(repeating: 0, count: topology.capacities.count)
    let graph = topology
    routers = (0..<UInt64(Self.connections)).map { Router(graph, failedLinks: failedLinks, seed: seed &+ $0) }
  }

  /// The plan of all flows.
  consuming func build() throws(RoutingError) -> NetworkPlan {
    collectGroups()
    plan.demands = Array(repeating: NetworkPlan.Demand(), count: programs.operations.count)
    var kindsOfProgram: [[Kind]] = []
    for program in programs.programs.indices { kindsOfProgram.append(assignDemands(program)) }
    plan.routesPerRank = max(1, kindsOfProgram.map(\.count).max() ?? 0)
    plan.routeOfRank = Array(repeating: -1, count: map.rankCount * plan.routesPerRank)
    var known: [Int32: [Kind: Int32]] = [:]
    for rank in 0..<map.rankCount {
      for (index, kind) in kindsOfProgram[Int(map.programs[rank])].enumerated() {
        let owner = kind.call == nil ? -1 - Int32(rank) : map.groups[rank * map.groupSlotCount + Int(kind.slot)]
        var flowKind = kind
        flowKind.slot = kind.call == nil ? kind.slot : 0
        let route: Int32
        if let found = known[owner]?[flowKind] {
          route = found
        } else {
          route = try addFlow(kind, rank: rank, group: owner)
          known[owner, default: [:]][flowKind] = route
        }
        plan.routeOfRank[rank * plan.routesPerRank + index] = route
      }
    }
    foldLinks()
    return plan
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
  private mutating func addFlow(_ kind: Kind, rank: Int, group: Int32) throws(RoutingError) -> Int32 {
    let program = Int(map.programs[rank])
    let rankClass = classes.classes[program]
    guard let demand = demand(kind, of: rankClass) else { return -1 }
    if kind.call == nil {
      let members = map.isFolded ? rankClass.members : [map.globalRanks[rank]]
      let peer = layout.peers[rankClass.stage][Int(kind.slot)]
      for member in members {
        let position = classes.location(member).position
        let other = classes.rank(stage: peer, position: position)
        try add(from: member, to: other, weight: max(demand.inside, demand.uplink) / demand.scale)
      }
    } else {
      for members in groupsOfGroup[group] ?? [] { try add(members, demand) }
    }
    loads.append(touched.sorted().map { (link: $0, weight: load[Int($0)]) })
    for link in touched { load[Int(link)] = 0 }
    touched.removeAll(keepingCapacity: true)
    return Int32(loads.count - 1)
  }

  /// The loads of one collective: a ring through the members of each node, and rails between neighbouring nodes.
  private mutating func add(
    _ members: [Int], _ demand: FlowDemand
  ) throws(RoutingError) {
    var nodes: [[Int]] = []
    for member in members.sorted() {
      if let last = nodes.last?.last, setup.cluster.node(ofRank: last) == setup.cluster.node(ofRank: member) {
        nodes[nodes.count - 1].append(member)
      } else {
        nodes.append([member])
      }
    }
    if demand.inside > 0 {
      for node in nodes where node.count > 1 {
        for (index, member) in node.enumerated() {
          try add(
            from: member, to: node[(index + 1) % node.count], weight: demand.inside / demand.scale)
        }
      }
    }
    guard demand.uplink > 0, nodes.count > 1 else { return }
    for (index, node) in nodes.enumerated() {
      let next = nodes[(index + 1) % nodes.count]
      let rails = min(demand.sendersPerNode, node.count, next.count)
      for rail in 0..<rails {
        try add(from: node[rail], to: next[rail], weight: demand.uplink / demand.scale / Double(rails))
      }
    }
  }

  private mutating func add(
    from source: Int, to destination: Int, weight: Double
  ) throws(RoutingError) {
    let isInside = setup.cluster.node(ofRank: source) == setup.cluster.node(ofRank: destination)
    let count = isInside ? 1 : routers.count
    for index in 0..<count {
      for link in try routers[index].route(from: source, to: destination).links {
        let capacity = topology.links[Int(link)].capacityGroup
        if load[Int(capacity)] == 0 { touched.append(capacity) }
        load[Int(capacity)] += weight / Double(count)
      }
    }
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
        var seen: Set<Int> = []
        for position in 0..<setup.stageSize {
          let members = classes.members(stage: stage, position: position, use: use)
          guard let first = members.first, seen.insert(first).inserted else { continue }
          let rank = simulated[classes.rank(stage: stage, position: position)]
          let group = map.groups[rank * map.groupSlotCount + slot]
          if use == .tiedEmbedding, stage != layout.owner[0] { continue }
          groupsOfGroup[group, default: []].append(members)
        }
      }
    }
  }

  /// Makes one link of all that carry the same weight of every flow and have the same capacity.
  private mutating func foldLinks() {
    var signatures: [Int32: StableHash] = [:]
    for (flow, load) in loads.enumerated() {
      for use in load {
        signatures[use.link, default: StableHash()].combine(UInt64(flow))
        signatures[use.link, default: StableHash()].combine(use.weight.bitPattern)
      }
    }
    var numbers: [UInt64: Int] = [:]
    var linkOf: [Int32: Int] = [:]
    for link in signatures.keys.sorted() {
      guard var signature = signatures[link] else { continue }
      signature.combine(topology.capacities[Int(link)].bytesPerSecond.bitPattern)
      let number = numbers[signature.value] ?? plan.capacities.count
      if numbers[signature.value] == nil {
        numbers[signature.value] = number
        plan.capacities.append(topology.capacities[Int(link)].bytesPerSecond)
      }
      linkOf[link] = number
    }
    plan.routes = loads.map { load in
      var uses: [Int: Double] = [:]
      for use in load { if let number = linkOf[use.link] { uses[number] = use.weight } }
      return uses.sorted { $0.key < $1.key }.map { LinkUse(link: $0.key, weight: $0.value) }
    }
  }
}

extension FlowDemand {
  /// The larger of its weights: the amount of the flow, so that weights are fractions of it.
  fileprivate var scale: Double { max(inside, uplink) }
}
