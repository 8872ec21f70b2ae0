import Hardware
import Quantities

/// What something loads one capacity of the cluster with, per byte it moves.
struct CapacityLoad: Hashable {
  /// Place in ``Topology/capacities``.
  var capacity: Int32
  /// Bytes on the capacity per byte.
  var weight: Double
}

/// The ways of messages through a cluster, as loads on its capacities; conditions of links counted.
struct ClusterPaths {
  /// The links.
  let topology: Topology
  /// Bytes per second of each capacity, slow links at their own speed.
  let rates: [Double]
  /// Links that have failed, both directions.
  let failed: Set<Int32>
  private let cluster: Cluster
  /// One router for an even spread, one for each connection of a message for hashed ways.
  private var routers: [Router]
  private let isEven: Bool

  /// Looks at the links of a setup's cluster.
  ///
  /// - Throws: ``SimulationError/network(_:)`` for a layout without a graph, or a link that is not there.
  init(_ setup: TrainingSetup) throws(SimulationError) {
    cluster = setup.cluster
    do throws(TopologyError) {
      topology = try setup.cluster.makeTopology()
    } catch { throw .network("cluster: \(error)") }
    let graph = topology
    let failed = try Self.cables(setup.conditions.failedLinks, in: graph)
    var rates = graph.capacities.map(\.bytesPerSecond)
    for slow in setup.conditions.slowLinks {
      for group in Set(try Self.cables([slow.name], in: graph).map({ graph.links[Int($0)].capacityGroup })) {
        rates[Int(group)] *= slow.speed
      }
    }
    self.rates = rates
    self.failed = Set(failed)
    let seeds: [UInt64]
    switch cluster.spreading {
    case .even: (seeds, isEven) = ([setup.conditions.seed], true)
    case .hashed(let connections):
      (seeds, isEven) = ((0..<UInt64(connections)).map { setup.conditions.seed &+ $0 }, false)
    }
    routers = seeds.map { Router(graph, failedLinks: Set(failed), seed: $0) }
  }

  /// Both directions of the cables with these names.
  private static func cables(_ names: [String], in topology: Topology) throws(SimulationError) -> [Int32] {
    var links: [Int32] = []
    for name in names {
      guard let link = topology.link(named: name) else {
        throw .network("conditions: no link of the cluster is called \(name); --print links lists them")
      }
      links += topology.cable(link)
    }
    return links
  }

  /// Adds what a message between two ranks loads, per byte times `weight`.
  ///
  /// - Throws: ``SimulationError/network(_:)`` when failed links cut the ranks off; names them.
  mutating func add(
    from source: Int, to destination: Int, weight: Double, to loads: inout LoadSum
  ) throws(SimulationError) {
    do throws(RoutingError) {
      guard !isEven, cluster.node(ofRank: source) != cluster.node(ofRank: destination) else {
        for use in try routers[0].spread(from: source, to: destination) {
          loads.add(topology.links[Int(use.link)].capacityGroup, weight * use.share)
        }
        return
      }
      for index in routers.indices {
        for link in try routers[index].route(from: source, to: destination).links {
          loads.add(topology.links[Int(link)].capacityGroup, weight / Double(routers.count))
        }
      }
    } catch { throw .network("cluster: \(error)") }
  }

  /// The way of a message as people read it: the links of one of the equal ways, by id.
  mutating func route(from source: Int, to destination: Int) throws(SimulationError) -> Route {
    do throws(RoutingError) {
      return try routers[0].route(from: source, to: destination)
    } catch { throw .network("cluster: \(error)") }
  }

  // MARK: Groups

  /// The members of a group on each of its nodes, both ascending.
  func byNode(_ members: [Int]) -> [[Int]] {
    var nodes: [[Int]] = []
    for member in members.sorted() {
      if let last = nodes.last?.last, cluster.node(ofRank: last) == cluster.node(ofRank: member) {
        nodes[nodes.count - 1].append(member)
      } else {
        nodes.append([member])
      }
    }
    return nodes
  }

  /// Adds what one byte through each member's port inside its node loads: a ring through the members of each node.
  mutating func addInside(_ members: [Int], to loads: inout LoadSum) throws(SimulationError) {
    for node in byNode(members) where node.count > 1 {
      for (index, member) in node.enumerated() {
        try add(from: member, to: node[(index + 1) % node.count], weight: 1, to: &loads)
      }
    }
  }

  /// Adds what one byte out of each node loads: rails between neighbouring nodes, at most `senders` of them.
  mutating func addUplinks(_ members: [Int], senders: Int, to loads: inout LoadSum) throws(SimulationError) {
    let nodes = byNode(members)
    guard nodes.count > 1 else { return }
    for (index, node) in nodes.enumerated() {
      let next = nodes[(index + 1) % nodes.count]
      let rails = min(senders, node.count, next.count)
      for rail in 0..<rails {
        try add(from: node[rail], to: next[rail], weight: 1 / Double(rails), to: &loads)
      }
    }
  }
}

/// Adds up loads on capacities; only what was touched costs anything.
struct LoadSum {
  private var weights: [Double]
  private var touched: [Int32] = []

  /// No load on any of `count` capacities.
  init(count: Int) { weights = Array(repeating: 0, count: count) }

  /// Adds a load above zero to a capacity.
  mutating func add(_ capacity: Int32, _ weight: Double) {
    if weights[Int(capacity)] == 0 { touched.append(capacity) }
    weights[Int(capacity)] += weight
  }

  /// Adds loads times a factor above zero.
  mutating func add(_ loads: [CapacityLoad], times factor: Double) {
    for load in loads { add(load.capacity, load.weight * factor) }
  }

  /// Multiplies everything added so far.
  mutating func scale(by factor: Double) {
    for capacity in touched { weights[Int(capacity)] *= factor }
  }

  /// The sums by capacity; then starts anew.
  mutating func take() -> [CapacityLoad] {
    touched.sort()
    let loads = touched.map { CapacityLoad(capacity: $0, weight: weights[Int($0)]) }
    for capacity in touched { weights[Int(capacity)] = 0 }
    touched.removeAll(keepingCapacity: true)
    return loads
  }
}
