import Quantities

/// What ranks see of each other through the links they share.
///
/// Two ranks stay alike only if the links their groups and messages load have the same rate and are loaded by others that
/// are alike: the links are the second side of the equitable partition (``RankClasses``). Links that everybody loads alike
/// are looked at once. Multisets are compared by sums of 64-bit hashes.
struct LinkColoring {
  /// A load on a link that stands for all that are loaded alike.
  private struct Use {
    var link: Int32
    /// Hash of the weight and of the form of the load: ports, all rails, one rail, or a message.
    var tag: UInt64
  }

  /// A group or a message: who takes part, and what it loads.
  private struct Actor {
    var members: [Int]
    var isMessage: Bool
    var uses: [Use]
  }

  private var actors: [Actor] = []
  /// Actors of each global rank: its groups, use by use, then its messages.
  private var actorsOfRank: [[Int32]]
  private var colorOfActor: [UInt64] = []
  /// Hash of the rate of each link.
  private var rates: [UInt64] = []
  private var colorOfLink: [UInt64] = []

  /// Collects all groups and messages of a plan.
  ///
  /// - Throws: ``SimulationError/network(_:)`` when ranks that communicate do not reach each other.
  init(_ classes: RankClasses, layout: StageLayout, paths: inout ClusterPaths) throws(SimulationError) {
    actorsOfRank = Array(repeating: [], count: classes.classOfRank.count)
    var signatures = Array(repeating: StableHash(), count: paths.rates.count)
    var found: [Actor] = []
    try Self.forEachActor(classes, layout, &paths) { members, isMessage, loads in
      var uses: [Use] = []
      for (form, list) in loads.enumerated() {
        for load in list {
          signatures[Int(load.capacity)].combine(UInt64(found.count) << 2 | UInt64(form))
          signatures[Int(load.capacity)].combine(load.weight.bitPattern)
          uses.append(Use(link: load.capacity, tag: Self.mix(load.weight.bitPattern, UInt64(form))))
        }
      }
      found.append(Actor(members: members, isMessage: isMessage, uses: uses))
    }
    let numbers = number(signatures, paths.rates)
    for (index, actor) in found.enumerated() {
      var kept = actor
      kept.uses = actor.uses.compactMap { use in
        let number = numbers[Int(use.link)]
        return number < 0 ? nil : Use(link: number, tag: use.tag)
      }
      actors.append(kept)
      for rank in actor.members { actorsOfRank[rank].append(Int32(index)) }
    }
    colorOfActor = Array(repeating: 0, count: actors.count)
    colorOfLink = rates
  }

  /// Numbers the first of the links that are loaded alike; -1 for the others.
  private mutating func number(_ signatures: [StableHash], _ capacities: [Double]) -> [Int32] {
    var seen: Set<UInt64> = []
    return capacities.indices.map { capacity in
      var signature = signatures[capacity]
      signature.combine(capacities[capacity].bitPattern)
      guard seen.insert(signature.value).inserted else { return -1 }
      rates.append(Self.mix(capacities[capacity].bitPattern, 0))
      return Int32(rates.count - 1)
    }
  }

  /// Visits every group and message, always in the same order, with what it loads: ports, all rails, one rail; or its way.
  private static func forEachActor(
    _ classes: RankClasses, _ layout: StageLayout, _ paths: inout ClusterPaths,
    _ visit: (_ members: [Int], _ isMessage: Bool, _ loads: [[CapacityLoad]]) -> Void
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
        visit(members, false, loads)
      }
      for peer in layout.peers[stage] {
        for position in 0..<classes.positionCount {
          let ends = [classes.rank(stage: stage, position: position), classes.rank(stage: peer, position: position)]
          try paths.add(from: ends[0], to: ends[1], weight: 1, to: &sum)
          visit(ends, true, [sum.take()])
        }
      }
    }
  }

  /// Colours groups, messages and links by who takes part, given the colours of the ranks.
  mutating func update(_ colorOfRank: [Int]) {
    colorOfLink = rates
    for (index, actor) in actors.enumerated() {
      var color: UInt64 = UInt64(actor.members.count)
      for (place, member) in actor.members.enumerated() {
        color &+= Self.mix(UInt64(colorOfRank[member]), actor.isMessage ? UInt64(place + 1) : 0)
      }
      colorOfActor[index] = color
      for use in actor.uses { colorOfLink[Int(use.link)] &+= Self.mix(color, use.tag) }
    }
  }

  /// What a rank sees: its groups and messages, and the links they load.
  func signature(ofRank rank: Int) -> UInt64 {
    var signature = StableHash()
    for index in actorsOfRank[rank] {
      let actor = actors[Int(index)]
      var seen: UInt64 = 0
      for use in actor.uses { seen &+= Self.mix(colorOfLink[Int(use.link)], use.tag) }
      signature.combine(colorOfActor[Int(index)])
      signature.combine(actor.isMessage && actor.members[0] == rank ? 1 : 0)
      signature.combine(seen)
    }
    return signature.value
  }

  /// A hash of two words.
  @inline(__always)
  private static func mix(_ first: UInt64, _ second: UInt64) -> UInt64 {
    var hash = StableHash()
    hash.combine(first)
    hash.combine(second)
    hash.combine(0x5bd1_e995)
    return hash.value
  }
}
