import Parallelism

extension RankMap {
  /// Wires up the ranks to simulate.
  ///
  /// - Parameter isFolded: One representative per class, else every rank.
  init(classes: RankClasses, layout: StageLayout, programs: ProgramSet, isFolded: Bool) {
    let ranks =
      isFolded ? classes.classes.map { $0.members[0] }.sorted() : Array(classes.classOfRank.indices)
    var simulated = Array(repeating: Int32(-1), count: classes.classOfRank.count)
    if isFolded {
      var ofClass = Array(repeating: Int32(-1), count: classes.classes.count)
      for (index, rank) in ranks.enumerated() { ofClass[classes.classOfRank[rank]] = Int32(index) }
      for rank in simulated.indices { simulated[rank] = ofClass[classes.classOfRank[rank]] }
    } else {
      for rank in ranks { simulated[rank] = Int32(rank) }
    }
    self.isFolded = isFolded
    globalRanks = ranks
    representedRanks = ranks.map { isFolded ? classes.classes[classes.classOfRank[$0]].members.count : 1 }
    self.programs = ranks.map { Int32(classes.classOfRank[$0]) }
    var rows = [0]
    for program in self.programs { rows.append(rows[rows.count - 1] + programs.programs[Int(program)].rowCount) }
    firstRows = rows
    peerSlotCount = max(1, layout.peers.map(\.count).max() ?? 0)
    groupSlotCount = max(1, classes.stageGroups.map(\.uses.count).max() ?? 0)
    peers = []
    groups = []
    groupSizes = []
    wirePeers(classes, layout, simulated)
    wireGroups(classes, simulated)
  }

  private mutating func wirePeers(_ classes: RankClasses, _ layout: StageLayout, _ simulated: [Int32]) {
    for rank in globalRanks {
      let (stage, position) = classes.location(rank)
      for slot in 0..<peerSlotCount {
        let known = slot < layout.peers[stage].count
        peers.append(known ? simulated[classes.rank(stage: layout.peers[stage][slot], position: position)] : -1)
      }
    }
  }

  /// Numbers the groups; two slots are the same group when they serve the same use among the same simulated ranks.
  private mutating func wireGroups(_ classes: RankClasses, _ simulated: [Int32]) {
    var numbers: [GroupUse: [[Int32]: Int32]] = [:]
    for rank in globalRanks {
      let (stage, position) = classes.location(rank)
      let uses = classes.stageGroups[stage].uses
      for slot in 0..<groupSlotCount {
        guard slot < uses.count else {
          groups.append(-1)
          continue
        }
        let use = uses[slot]
        let members =
          use == .world ? [] : unique(classes.members(stage: stage, position: position, use: use), simulated)
        if let number = numbers[use]?[members] {
          groups.append(number)
          continue
        }
        numbers[use, default: [:]][members] = Int32(groupSizes.count)
        groups.append(Int32(groupSizes.count))
        groupSizes.append(Int32(use == .world ? rankCount : members.count))
      }
    }
  }

  private func unique(_ ranks: [Int], _ simulated: [Int32]) -> [Int32] {
    var result: [Int32] = []
    for member in ranks.map({ simulated[$0] }).sorted() where result.last != member { result.append(member) }
    return result
  }
}

extension ProgramSet {
  /// The same programs with joins that gather a single simulated rank turned into local operations.
  func withLocalJoins(_ map: RankMap) -> ProgramSet {
    var needsJoin: Set<Int64> = []
    for rank in 0..<map.rankCount {
      for slot in 0..<map.groupSlotCount {
        let group = map.groups[rank * map.groupSlotCount + slot]
        if group >= 0, map.groupSizes[Int(group)] > 1 {
          needsJoin.insert(Int64(map.programs[rank]) << 32 | Int64(slot))
        }
      }
    }
    var result = self
    var done = Array(repeating: false, count: templates.count)
    for (program, value) in programs.enumerated() {
      for step in steps[Int(value.firstStep)..<Int(value.firstStep + value.stepCount)] where !done[Int(step.template)] {
        done[Int(step.template)] = true
        for index in operationRange(ofTemplate: Int(step.template)) where operations[index].role == .join {
          let key = Int64(program) << 32 | Int64(operations[index].link)
          if !needsJoin.contains(key) { result.operations[index].role = .local }
        }
      }
    }
    return result
  }
}
