import ClusterSimulation

/// Numbers the collectives among several simulated ranks: the n-th of a group has the same number on all its members.
struct GatheringNumbers {
  private let map: RankMap
  /// Collectives of the groups before each; shape `[groups]`.
  private var firstNumbers: [Int64] = []

  /// Counts the collectives of every group once, on its first member.
  init(_ trace: Trace) {
    map = trace.map
    let groups = map.groupSizes.count
    var counts = Array(repeating: Int64(-1), count: groups)
    var countsOfProgram: [[Int64]?] = Array(repeating: nil, count: trace.programs.programs.count)
    for rank in 0..<map.rankCount {
      let slots = map.groups[(rank * map.groupSlotCount)..<((rank + 1) * map.groupSlotCount)]
      guard slots.contains(where: { $0 >= 0 && counts[Int($0)] < 0 }) else { continue }
      let program = Int(map.programs[rank])
      let own = countsOfProgram[program] ?? Self.counts(trace.programs, program, slots: map.groupSlotCount)
      countsOfProgram[program] = own
      for (slot, group) in slots.enumerated() where group >= 0 && counts[Int(group)] < 0 {
        counts[Int(group)] = own[slot]
      }
    }
    var next: Int64 = 0
    for count in counts {
      firstNumbers.append(next)
      next += max(count, 0)
    }
  }

  /// Collectives of each group slot of a program.
  private static func counts(_ programs: ProgramSet, _ program: Int, slots: Int) -> [Int64] {
    var counts = Array(repeating: Int64(0), count: slots)
    for step in programs.steps[programs.stepRange(ofProgram: program)] {
      for operation in programs.operations[programs.operationRange(ofTemplate: Int(step.template))]
      where operation.role == .join { counts[Int(operation.link)] += 1 }
    }
    return counts
  }

  /// The numbers of one rank, to be taken in program order.
  struct Walk {
    fileprivate var next: [Int64]
    fileprivate var groups: ArraySlice<Int32>

    /// The number of the next collective of a group slot; -1 for a rank that is alone there.
    mutating func next(slot: Int32) -> Int64 {
      guard groups[groups.startIndex + Int(slot)] >= 0 else { return -1 }
      next[Int(slot)] += 1
      return next[Int(slot)] - 1
    }
  }

  /// Starts the numbers of a rank.
  func numbers(ofRank rank: Int) -> Walk {
    let groups = map.groups[(rank * map.groupSlotCount)..<((rank + 1) * map.groupSlotCount)]
    return Walk(next: groups.map { $0 >= 0 ? firstNumbers[Int($0)] : -1 }, groups: groups)
  }
}
