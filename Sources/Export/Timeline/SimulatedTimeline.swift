import ClusterSimulation
import Hardware
import Quantities

/// A result in memory as a source of timelines.
public struct SimulatedTimeline: TimelineSource {
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

  @inline(__always)
  public func forEachTask<Failure: Error>(
    ofRank place: Int, _ body: (TimelineTask) throws(Failure) -> Void
  ) throws(Failure) {
    let (programs, map) = (trace.programs, trace.map)
    let infos = programs.infos
    let operations = programs.operations
    var numbers = gatherings.numbers(ofRank: place)
    for step in programs.steps[programs.stepRange(ofProgram: Int(map.programs[place]))] {
      let first = map.firstRows[place] + Int(step.firstRow)
      let range = programs.operationRange(ofTemplate: Int(step.template))
      for index in range {
        let (operation, info, row) = (operations[index], infos[index], first + index - range.lowerBound)
        var (peer, senderRow, gathering) = (Int32(-1), -1, Int64(-1))
        switch operation.role {
        case .local: break
        case .send: peer = self.peer(place, slot: operation.link)
        case .receive:
          let channel = programs.channels[Int(operation.link)]
          peer = self.peer(place, slot: channel.peerSlot)
          senderRow = self.senderRow(place, channel, microBatch: step.microBatch)
        case .join: gathering = numbers.next(slot: operation.link)
        }
        try body(
          TimelineTask(
            row: row, span: span(ofRow: row), stream: StreamKind(rawValue: operation.stream) ?? .compute,
            kind: info.kind, basis: info.basis, collective: info.call, name: info.name, layer: info.layer,
            microBatch: step.microBatch, virtualStage: info.virtualStage, peer: peer, groupSize: info.groupSize,
            bytes: info.bytes, operations: info.operations, senderRow: senderRow, gathering: gathering))
      }
    }
  }

  public func memory(ofRank place: Int) -> MemoryTimeline { MemoryTimeline(trace: trace, simulatedRank: place) }

  @inline(__always)
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
