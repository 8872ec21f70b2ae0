import Quantities

/// What ranks see of each other through the links they share.
///
/// Two ranks stay alike only if the links their groups and messages load have the same rate and are loaded by others that
/// are alike: the links are the second side of the equitable partition (``RankClasses``). Links that everybody loads alike
/// are looked at once.
struct LinkColoring {
  /// A group or a message: who takes part, and what it loads in each of its forms.
  private struct Actor {
    var members: [Int]
    var loads: [[CapacityLoad]]
  }

  private var actors: [Actor] = []
  /// Actors of each global rank: its groups, use by use, then its messages.
  private var actorsOfRank: [[Int]]
  private let rates: [Double]
  /// Colour of each capacity after the last update.
  private var colorOfCapacity: [UInt64]

  /// Collects all groups and messages of a plan.
  ///
  /// - Throws: ``SimulationError/network(_:)`` when ranks that communicate do not reach each other.
  init(_ classes: RankClasses, layout: StageLayout, paths: inout ClusterPaths) throws(SimulationError) {
    rates = paths.rates
    actorsOfRank = Array(repeating: [], count: classes.classOfRank.count)
    colorOfCapacity = Array(repeating: 0, count: rates.count)
    var signatures = Array(repeating: StableHash(), count: rates.count)
    var number: UInt64 = 0
    try Self.forEachActor(classes, layout, &paths) { _, loads in
      for (form, list) in loads.enumerated() {
        for load in list {
          signatures[Int(load.capacity)].combine(number << 2 | UInt64(form))
          signatures[Int(load.capacity)].combine(load.weight.bitPattern)
        }
      }
      number += 1
    }
    var isFirst = Array(repeating: false, count: rates.count)
    var seen: Set<UInt64> = []
    for capacity in rates.indices {
      signatures[capacity].combine(rates[capacity].bitPattern)
      isFirst[capacity] = seen.insert(signatures[capacity].value).inserted
    }
    var actors: [Actor] = []
    try Self.forEachActor(classes, layout, &paths) { members, loads in
      actors.append(Actor(members: members, loads: loads.map { $0.filter { isFirst[Int($0.capacity)] } }))
    }
    self.actors = actors
    for (index, actor) in actors.enumerated() {
      for rank in actor.members { actorsOfRank[rank].append(index) }
    }
  }

  /// Visits every group and message, always in the same order, with what it loads: ports, all rails, one rail; or its way.
  private static func forEachActor(
    _ classes: RankClasses, _ layout: StageLayout, _ paths: inout ClusterPaths,
    _ visit: (_ members: [Int], _ loads: [[CapacityLoad]]) -> Void
  ) throws(SimulationError) {
    var sum = LoadSum(count: paths.rates.count)
    for stage in classes.stageGroups.indices {
      var groups: [[Int]] = []
      for use in classes.stageGroups[stage].uses where use != .world {
        if use == .tiedEmbedding, stage != layout.owner[0] { continue }
        classes.forEachGroup(stage: stage, use: use) { _, members in groups.append(members) }
      }
      for members in groups {
        var loads: [[CapacityLoad]] = []
        try paths.addInside(members, to: &sum)
        loads.append(sum.take())
        for senders in [Int.max, 1] {
          try paths.addUplinks(members, senders: senders, to: &sum)
          loads.append(sum.take())
        }
        visit(members, loads)
      }
      for peer in layout.peers[stage] {
        for position in 0..<classes.positionCount {
          let ends = [classes.rank(stage: stage, position: position), classes.rank(stage: peer, position: position)]
          try paths.add(from: ends[0], to: ends[1], weight: 1, to: &sum)
          visit(ends, [sum.take()])
        }
      }
    }
  }

  /// Colours the capacities by who loads them, given the colours of the ranks.
  mutating func update(_ colorOfRank: [Int]) {
    var users: [Int32: [UInt64]] = [:]
    for actor in actors {
      var color = StableHash()
      for member in actor.members.map({ colorOfRank[$0] }).sorted() { color.combine(UInt64(member)) }
      for (form, list) in actor.loads.enumerated() {
        for load in list {
          var user = color
          user.combine(UInt64(form))
          user.combine(load.weight.bitPattern)
          users[load.capacity, default: []].append(user.value)
        }
      }
    }
    for (capacity, values) in users.sorted(by: { $0.key < $1.key }) {
      var color = StableHash()
      color.combine(rates[Int(capacity)].bitPattern)
      for value in values.sorted() { color.combine(value) }
      colorOfCapacity[Int(capacity)] = color.value
    }
  }

  /// What a rank sees of the links it loads.
  func signature(ofRank rank: Int) -> UInt64 {
    var signature = StableHash()
    for index in actorsOfRank[rank] {
      for list in actors[index].loads {
        let seen = list.map { load -> UInt64 in
          var color = StableHash()
          color.combine(colorOfCapacity[Int(load.capacity)])
          color.combine(load.weight.bitPattern)
          return color.value
        }
        signature.combine(UInt64(seen.count))
        for value in seen.sorted() { signature.combine(value) }
      }
    }
    return signature.value
  }
}
