import ClusterSimulation
import Hardware
import Quantities

/// A result in memory as a source of timelines.
public struct SimulatedTimeline: TimelineSource {
  /// Everything but tasks and memory.
  public let overview: TimelineOverview
  private let trace: Trace
  private let gatherings: GatheringNumbers

  /// Prepares a result.
  ///
  /// - Parameters:
  ///   - result: What was simulated.
  ///   - title: Name of the scenario.
  public init(_ result: SimulationResult, title: String) {
    trace = result.trace
    gatherings = GatheringNumbers(result.trace)
    overview = TimelineOverview(
      title: title, names: result.trace.programs.names, iteration: result.iterationTime.nanoseconds,
      clusterRanks: result.setup.cluster.deviceCount, ranks: Self.ranks(result),
      failure: result.outOfMemory.map {
        TimelineOverview.Failure(
          rank: $0.rank, time: $0.time.nanoseconds, task: $0.task, requested: $0.requested.count,
          held: $0.heldByCategory.reduce(0, +))
      },
      faults: result.setup.conditions.timelineFaults,
      links: result.network.map(LinkUse.links) ?? [],
      interval: result.network?.interval.nanoseconds ?? 0)
  }

  private static func ranks(_ result: SimulationResult) -> [TimelineOverview.Rank] {
    let map = result.trace.map
    return map.globalRanks.indices.map { place in
      let number = map.globalRanks[place]
      return TimelineOverview.Rank(
        number: number, stage: result.trace.programs.programs[Int(map.programs[place])].stage,
        node: result.setup.cluster.node(ofRank: number), represented: map.representedRanks[place],
        rows: map.firstRows[place]..<map.firstRows[place + 1], capacity: result.setup.memoryCapacity.count)
    }
  }

  /// Tasks handed over at once.
  static let batchTasks = 2048

  /// Visits the tasks of a rank in program order.
  public func forEachBatch<Failure: Error>(
    ofRank place: Int, _ body: (borrowing [TimelineTask]) throws(Failure) -> Void
  ) throws(Failure) {
    var batch: [TimelineTask] = []
    batch.reserveCapacity(Self.batchTasks + longestTemplate)
    var numbers = gatherings.numbers(ofRank: place)
    let programs = trace.programs
    for step in programs.steps[programs.stepRange(ofProgram: Int(trace.map.programs[place]))] {
      append(step, ofRank: place, &numbers, to: &batch)
      guard batch.count >= Self.batchTasks else { continue }
      try body(batch)
      batch.removeAll(keepingCapacity: true)
    }
    if !batch.isEmpty { try body(batch) }
  }

  private var longestTemplate: Int { trace.programs.templates.map { Int($0.operationCount) }.max() ?? 0 }

  /// Appends the tasks of a step.
  private func append(
    _ step: ProgramStep, ofRank place: Int, _ numbers: inout GatheringNumbers.Walk, to batch: inout [TimelineTask]
  ) {
    let range = trace.programs.operationRange(ofTemplate: Int(step.template))
    let first = trace.map.firstRows[place] + Int(step.firstRow)
    let (operations, infos) = (trace.programs.operations.span, trace.programs.infos.span)
    let (starts, ends) = (trace.columns.starts.span, trace.columns.ends.span)
    for index in range {
      let row = first + index - range.lowerBound
      let (role, stream, link) = (operations[index].role, operations[index].stream, operations[index].link)
      let info = infos[index]
      var (peer, senderRow, gathering) = (Int32(-1), -1, Int64(-1))
      switch role {
      case .local: break
      case .send: peer = self.peer(place, slot: link)
      case .receive:
        let channel = trace.programs.channels[Int(link)]
        peer = self.peer(place, slot: channel.peerSlot)
        senderRow = self.senderRow(place, channel, microBatch: step.microBatch)
      case .join: gathering = numbers.next(slot: link)
      }
      batch.append(
        TimelineTask(
          row: row, span: TimelineSpan(start: starts[row], end: ends[row]),
          stream: StreamKind(rawValue: stream) ?? .compute, kind: info.kind, basis: info.basis, collective: info.call,
          name: info.name, layer: info.layer, microBatch: step.microBatch, virtualStage: info.virtualStage, peer: peer,
          groupSize: info.groupSize, bytes: info.bytes, operations: info.operations, senderRow: senderRow,
          gathering: gathering))
    }
  }

  /// The memory ledger of a rank.
  public func memory(ofRank place: Int) -> MemoryTimeline { MemoryTimeline(trace: trace, simulatedRank: place) }

  /// When the task of a row ran.
  public func span(ofRow row: Int) -> TimelineSpan {
    TimelineSpan(start: trace.columns.starts[row], end: trace.columns.ends[row])
  }

  /// Global rank at the other end of a slot, or -1.
  private func peer(_ place: Int, slot: Int32) -> Int32 {
    let peer = trace.map.peers[place * trace.map.peerSlotCount + Int(slot)]
    return peer >= 0 ? Int32(trace.map.globalRanks[Int(peer)]) : -1
  }

  private func senderRow(_ place: Int, _ channel: Channel, microBatch: Int32) -> Int {
    let sender = trace.map.peers[place * trace.map.peerSlotCount + Int(channel.peerSlot)]
    let row = trace.programs.sendRows[Int(channel.firstSendRow + microBatch)]
    return sender >= 0 && row >= 0 ? trace.map.firstRows[Int(sender)] + Int(row) : -1
  }
}

extension Conditions {
  /// What timelines mark, by time, then rank; links last.
  var timelineFaults: [TimelineOverview.Fault] {
    var faults = slowDevices.map {
      TimelineOverview.Fault(time: 0, rank: $0.rank, text: "rank \($0.rank) slow: \($0.speed) of its speed")
    }
    for straggler in stragglers {
      faults.append(
        TimelineOverview.Fault(
          time: straggler.from.nanoseconds, rank: straggler.rank,
          text: "rank \(straggler.rank) slow: \(straggler.speed) of its speed"))
      faults.append(
        TimelineOverview.Fault(
          time: straggler.until.nanoseconds, rank: straggler.rank, text: "rank \(straggler.rank) at full speed"))
    }
    faults.sort { ($0.time, $0.rank) < ($1.time, $1.rank) }
    faults += slowLinks.map {
      TimelineOverview.Fault(time: 0, rank: -1, text: "link \($0.name) slow: \($0.speed) of its bandwidth")
    }
    return faults + failedLinks.map { TimelineOverview.Fault(time: 0, rank: -1, text: "link \($0) failed") }
  }
}
