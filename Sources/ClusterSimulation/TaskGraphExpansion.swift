/// Walks the programs of all ranks and notes what each task waits for.
struct TaskGraphExpansion {
  let programs: ProgramSet
  let map: RankMap
  private(set) var durations: [Int64] = []
  private(set) var sends: [Int32] = []
  /// Members of each gathering, as rows.
  private(set) var gatherings: [[Int32]] = []
  /// Group of each gathering.
  private var groups: [Int] = []
  /// Gathering of each task, or -1.
  private var gatheringOfTask: [Int32] = []
  private var numbers: [Occurrence: Int32] = [:]
  /// What each task waits for by itself, as compressed rows.
  private var offsets = [0]
  private var waits: [Int32] = []

  /// The n-th time a group gathers.
  private struct Occurrence: Hashable {
    var group: Int32
    var number: Int
  }

  /// Where the walk of one rank stands.
  private struct Walk {
    var rank: Int
    var step: ProgramStep
    var stepRow = 0
    /// Last row of each stream so far, or -1.
    var lastRows = Array(repeating: -1, count: StreamKind.count)
    /// The same when the step began.
    var earlierRows = Array(repeating: -1, count: StreamKind.count)
    /// Times each group slot has gathered.
    var gathered: [Int]
  }

  init(programs: ProgramSet, map: RankMap) {
    self.programs = programs
    self.map = map
  }

  /// Adds the tasks of all ranks.
  mutating func addTasks() throws(TaskGraphError) {
    for rank in 0..<map.rankCount {
      var walk = Walk(
        rank: rank, step: ProgramStep(template: 0, microBatch: -1, firstRow: 0),
        gathered: Array(repeating: 0, count: map.groupSlotCount))
      for step in programs.steps[programs.stepRange(ofProgram: Int(map.programs[rank]))] {
        walk.step = step
        walk.stepRow = map.firstRows[rank] + Int(step.firstRow)
        walk.earlierRows = walk.lastRows
        for (index, operation) in programs.operationRange(ofTemplate: Int(step.template)).enumerated() {
          try add(programs.operations[operation], row: walk.stepRow + index, &walk)
        }
      }
    }
  }

  private mutating func add(_ operation: Operation, row: Int, _ walk: inout Walk) throws(TaskGraphError) {
    durations.append(operation.duration)
    wait(for: walk.lastRows[Int(operation.stream)])
    let first = Int(operation.firstWait)
    for wait in programs.waits[first..<first + Int(operation.waitCount)] {
      self.wait(for: wait.code >= 0 ? walk.stepRow + Int(wait.code) : walk.earlierRows[Int(-1 - wait.code)])
    }
    sends.append(-1)
    gatheringOfTask.append(-1)
    switch operation.role {
    case .local, .send: break
    case .receive:
      let send = try sendRow(operation, row: row, walk)
      sends[row] = Int32(send)
      wait(for: send)
    case .join: gather(operation, row: row, &walk)
    }
    offsets.append(waits.count)
    walk.lastRows[Int(operation.stream)] = row
  }

  private mutating func wait(for row: Int) {
    guard row >= 0, !waits[offsets[offsets.count - 1]...].contains(Int32(row)) else { return }
    waits.append(Int32(row))
  }

  private func sendRow(_ operation: Operation, row: Int, _ walk: Walk) throws(TaskGraphError) -> Int {
    let channel = programs.channels[Int(operation.link)]
    let sender = Int(map.peers[walk.rank * map.peerSlotCount + Int(channel.peerSlot)])
    let send = Int(programs.sendRows[Int(channel.firstSendRow + walk.step.microBatch)])
    guard sender >= 0, send >= 0 else { throw .missingSend(row: row) }
    return map.firstRows[sender] + send
  }

  private mutating func gather(_ operation: Operation, row: Int, _ walk: inout Walk) {
    let slot = Int(operation.link)
    let group = map.groups[walk.rank * map.groupSlotCount + slot]
    let occurrence = Occurrence(group: group, number: walk.gathered[slot])
    walk.gathered[slot] += 1
    let number = numbers[occurrence] ?? Int32(gatherings.count)
    if Int(number) == gatherings.count {
      numbers[occurrence] = number
      gatherings.append([])
      groups.append(Int(group))
    }
    gatherings[Int(number)].append(Int32(row))
    gatheringOfTask[row] = number
  }

  /// The edges of the finished graph: joins wait for their barrier, barriers for what the members wait for.
  func edges() throws(TaskGraphError) -> (offsets: [Int], nodes: [Int32]) {
    var result = (offsets: [0], nodes: [Int32]())
    result.offsets.reserveCapacity(durations.count + gatherings.count + 1)
    for row in durations.indices {
      if gatheringOfTask[row] >= 0 {
        result.nodes.append(Int32(durations.count) + gatheringOfTask[row])
      } else {
        result.nodes += waits[offsets[row]..<offsets[row + 1]]
      }
      result.offsets.append(result.nodes.count)
    }
    for (members, group) in zip(gatherings, groups) {
      guard members.count == map.groupSizes[group] else {
        throw .incompleteGathering(group: group, found: members.count, expected: Int(map.groupSizes[group]))
      }
      for row in members { result.nodes += waits[offsets[Int(row)]..<offsets[Int(row) + 1]] }
      result.offsets.append(result.nodes.count)
    }
    return result
  }
}
