import ClusterSimulation
import Hardware
import Quantities
import TestSupport
import Testing

/// Kernels and collectives slow each other down: by no more than the coefficients say, and only while both run.
@Suite("Interference of kernels and collectives")
struct InterferenceLaws {
  static let traits = InterferenceTraits(kernel: 1.25, collective: 1.5)

  struct Case {
    let number: Int
    let setup: TrainingSetup
    let plain: Trace
    let slowed: Trace
  }

  static let cases: [Case] = {
    var setups = SetupGenerator(seed: 314)
    return (0..<120).compactMap { number in
      var setup = setups.next()
      guard let plain = try? TrainingSimulation(setup).run(executor: .replay).trace else { return nil }
      setup.cluster = setup.cluster.withInterference(traits)
      guard let slowed = try? TrainingSimulation(setup).run(executor: .events).trace else { return nil }
      return Case(number: number, setup: setup, plain: plain, slowed: slowed)
    }
  }()

  /// Streams whose operations are collectives.
  static let collectives: [StreamKind] = [.tensor, .data, .context, .expert]

  /// The union of the intervals in which a simulated rank ran anything on some streams; ascending, disjoint.
  static func intervals(_ trace: Trace, rank: Int, on streams: [StreamKind]) -> [(start: Int64, end: Int64)] {
    var found: [(start: Int64, end: Int64)] = []
    trace.forEachTask(ofSimulatedRank: rank) { task in
      guard streams.contains(task.stream), task.end > task.start else { return }
      found.append((task.start.nanoseconds, task.end.nanoseconds))
    }
    return union(found)
  }

  static func union(_ intervals: [(start: Int64, end: Int64)]) -> [(start: Int64, end: Int64)] {
    var result: [(start: Int64, end: Int64)] = []
    for interval in intervals.sorted(by: { $0.start < $1.start }) {
      if let last = result.last, interval.start <= last.end {
        result[result.count - 1].end = max(last.end, interval.end)
      } else {
        result.append(interval)
      }
    }
    return result
  }

  /// Nanoseconds two sets of intervals have in common within one of them.
  static func common(_ start: Int64, _ end: Int64, _ others: [(start: Int64, end: Int64)]) -> Int64 {
    others.reduce(0) { $0 + max(0, min(end, $1.end) - max(start, $1.start)) }
  }

  @Test func `there are cases, and most of them are slowed down`() {
    #expect(Self.cases.count == 120)
    #expect(Self.cases.count { $0.slowed.iterationTime > $0.plain.iterationTime } > 60)
  }

  @Test func `overlap never makes anything faster, and nothing slower than the larger coefficient`() {
    let largest = max(Self.traits.kernel, Self.traits.collective)
    for test in Self.cases {
      let (plain, slowed) = (test.plain.iterationTime.nanoseconds, test.slowed.iterationTime.nanoseconds)
      #expect(slowed >= plain, "case \(test.number)")
      let limit = Double(plain) * largest + Double(2 * test.plain.taskCount)
      #expect(Double(slowed) <= limit, "case \(test.number): \(slowed) of \(plain)")
    }
  }

  /// Of the time a kernel takes, the part beside collectives counts `1 / kernel`, the rest fully; together its own time.
  @Test func `every kernel does exactly its work`() {
    for test in Self.cases {
      let trace = test.slowed
      for rank in 0..<trace.map.rankCount {
        let others = Self.intervals(trace, rank: rank, on: Self.collectives)
        trace.forEachTask(ofSimulatedRank: rank) { task in
          guard task.stream == .compute else { return }
          let (start, end) = (task.start.nanoseconds, task.end.nanoseconds)
          let beside = Self.common(start, end, others)
          let done = Double(end - start - beside) + Double(beside) / Self.traits.kernel
          let work = Double(Self.duration(trace, rank: rank, row: task.row))
          #expect(abs(done - work) <= 1.01, "case \(test.number), row \(task.row): \(done) of \(work)")
        }
      }
    }
  }

  /// The same for a collective, beside kernels of any member.
  @Test func `every collective moves exactly its bytes`() {
    for test in Self.cases {
      let trace = test.slowed
      let kernels = (0..<trace.map.rankCount).map { Self.intervals(trace, rank: $0, on: [.compute]) }
      for rank in 0..<trace.map.rankCount {
        trace.forEachTask(ofSimulatedRank: rank) { task in
          guard Self.collectives.contains(task.stream), task.info.call != nil else { return }
          let (start, end) = (task.start.nanoseconds, task.end.nanoseconds)
          let members = Self.members(trace, rank: rank, row: task.row)
          let beside = Self.common(start, end, Self.union(members.flatMap { kernels[$0] }))
          let done = Double(end - start - beside) + Double(beside) / Self.traits.collective
          let work = Double(Self.duration(trace, rank: rank, row: task.row))
          #expect(abs(done - work) <= 1.01, "case \(test.number), row \(task.row): \(done) of \(work)")
        }
      }
    }
  }

  private static func operation(_ trace: Trace, rank: Int, row: Int) -> Operation {
    let place = trace.programs.locate(row: row - trace.map.firstRows[rank], inProgram: Int(trace.map.programs[rank]))
    return trace.programs.operations[place.operation]
  }

  private static func duration(_ trace: Trace, rank: Int, row: Int) -> Int64 {
    operation(trace, rank: rank, row: row).duration
  }

  /// Simulated ranks that run a collective together.
  private static func members(_ trace: Trace, rank: Int, row: Int) -> [Int] {
    let operation = operation(trace, rank: rank, row: row)
    guard operation.role == .join else { return [rank] }
    let map = trace.map
    let group = map.groups[rank * map.groupSlotCount + Int(operation.link)]
    return (0..<map.rankCount).filter { other in
      map.groups[other * map.groupSlotCount..<(other + 1) * map.groupSlotCount].contains(group)
    }
  }

  @Test func `folded and expanded agree`() throws {
    for test in Self.cases.prefix(60) {
      let expanded = try TrainingSimulation(test.setup).run(executor: .events, expandRanks: true).trace
      for rank in expanded.map.globalRanks.indices {
        guard let twin = test.slowed.map.programs.firstIndex(of: expanded.map.programs[rank]) else {
          Issue.record("case \(test.number): rank \(rank) has no representative")
          continue
        }
        let mine = expanded.columns.ends[expanded.map.firstRows[rank]..<expanded.map.firstRows[rank + 1]]
        let its = test.slowed.columns.ends[test.slowed.map.firstRows[twin]..<test.slowed.map.firstRows[twin + 1]]
        let row = zip(mine, its).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        let place = row.map { expanded.task(row: expanded.map.firstRows[rank] + $0) }
        #expect(row == nil, "case \(test.number): rank \(rank): \(String(describing: place)) \(test.setup.plan.text)")
      }
    }
  }

  @Test func `with the option off nothing is slowed down`() throws {
    for test in Self.cases.prefix(30) {
      var setup = test.setup
      setup.options.modelsInterference = false
      let result = try TrainingSimulation(setup).run()
      #expect(result.executor == .replay)
      #expect(result.trace.columns == test.plain.columns)
      #expect(try TrainingSimulation(setup).run(executor: .events).trace.columns == test.plain.columns)
    }
  }

  @Test func `what is not said is event by event where it matters`() throws {
    for test in Self.cases.prefix(30) {
      let automatic = try TrainingSimulation(test.setup).run()
      #expect(automatic.trace.columns == test.slowed.columns)
    }
  }

  /// On shared links the flow of a slowed collective has a lower cap; folded or expanded, up to rounding.
  @Test func `shared links know of it too`() throws {
    for test in Self.cases.prefix(40) {
      var plain = test.setup
      plain.options.modelsInterference = false
      let without = try TrainingSimulation(plain).run(network: .shared).iterationTime.nanoseconds
      let folded = try TrainingSimulation(test.setup).run(network: .shared).iterationTime.nanoseconds
      let expanded = try TrainingSimulation(test.setup).run(expandRanks: true, network: .shared).iterationTime
        .nanoseconds
      #expect(abs(Double(folded - expanded)) <= 1e-6 * Double(expanded) + 50, "case \(test.number)")
      #expect(Double(folded) <= 1.5 * Double(without) + Double(2 * test.plain.taskCount), "case \(test.number)")
    }
  }
}
