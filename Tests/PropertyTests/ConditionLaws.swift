import ClusterSimulation
import Hardware
import Quantities
import TestSupport
import Testing

@Suite("Ranks that differ")
struct ConditionLaws {
  /// A generated plan under generated conditions.
  struct Case: CustomStringConvertible {
    let number: Int
    let setup: TrainingSetup

    var description: String { "case \(number): \(setup.plan.text), \(setup.conditions)" }
  }

  /// Slow ranks and stragglers on generated plans; every third case also has a second kind of GPU.
  static let cases: [Case] = {
    var setups = SetupGenerator(seed: 77)
    var numbers = SeededGenerator(seed: 78)
    return (0..<120).map { number in
      var setup = setups.next()
      let devices = setup.cluster.deviceCount
      let slow = Int.random(in: 0..<devices, using: &numbers)
      setup.conditions.slowDevices = [
        Conditions.SlowDevice(rank: slow, speed: Double.random(in: 0.3...0.9, using: &numbers))
      ]
      if number % 2 == 0 {
        let from = Int64.random(in: 0...200_000, using: &numbers)
        setup.conditions.stragglers = [
          Conditions.Straggler(
            rank: Int.random(in: 0..<devices, using: &numbers), from: SimTime(nanoseconds: from),
            until: SimTime(nanoseconds: from + 500_000), speed: 0.25)
        ]
      }
      if number % 3 == 0, setup.cluster.nodes > 1 {
        let slower = TestHardware.device(efficiency: TestHardware.curve(0.2))
        setup.cluster.nodeGroups = [
          NodeGroup(device: setup.cluster.device, nodes: setup.cluster.nodes - 1), NodeGroup(device: slower, nodes: 1),
        ]
      }
      return Case(number: number, setup: setup)
    }
  }()

  private static func trace(_ setup: TrainingSetup, _ executor: ExecutorChoice, expandRanks: Bool) throws -> Trace {
    try TrainingSimulation(setup).run(executor: executor, expandRanks: expandRanks).trace
  }

  @Test func `replay and events agree`() throws {
    for test in Self.cases {
      let replay = try Self.trace(test.setup, .replay, expandRanks: true)
      let events = try Self.trace(test.setup, .events, expandRanks: true)
      #expect(replay.columns == events.columns, "\(test)")
    }
  }

  @Test func `a slow rank gives the same times folded and expanded`() throws {
    for test in Self.cases {
      let folded = try Self.trace(test.setup, .replay, expandRanks: false)
      let expanded = try Self.trace(test.setup, .replay, expandRanks: true)
      for rank in expanded.map.globalRanks.indices {
        let program = expanded.map.programs[rank]
        guard let representative = folded.map.programs.firstIndex(of: program) else {
          Issue.record("\(test): no representative of program \(program)")
          continue
        }
        let mine = expanded.columns.ends[expanded.map.firstRows[rank]..<expanded.map.firstRows[rank + 1]]
        let its = folded.columns.ends[folded.map.firstRows[representative]..<folded.map.firstRows[representative + 1]]
        #expect(mine == its, "\(test): rank \(rank)")
      }
    }
  }

  @Test func `a slower rank never makes the iteration shorter`() throws {
    for test in Self.cases {
      var uniform = test.setup
      uniform.conditions = Conditions()
      uniform.cluster.nodeGroups = []
      let fast = try Self.trace(uniform, .replay, expandRanks: false).iterationTime
      #expect(try Self.trace(test.setup, .replay, expandRanks: false).iterationTime >= fast, "\(test)")
    }
  }

  @Test func `only classes that must split do`() throws {
    var split = 0
    for test in Self.cases {
      let folded = try Self.trace(test.setup, .replay, expandRanks: false)
      if folded.map.rankCount < test.setup.cluster.deviceCount { split += 1 }
    }
    #expect(split > Self.cases.count / 6)
  }

  @Test func `jitter depends on the seed only, and both executors draw the same`() throws {
    var setups = SetupGenerator(seed: 79)
    for number in 0..<40 {
      var setup = setups.next()
      setup.conditions.jitter = number % 2 == 0 ? .lognormal(deviation: 0.1) : .normal(deviation: 0.05)
      setup.conditions.seed = 1
      let first = try Self.trace(setup, .replay, expandRanks: false)
      #expect(first.map.rankCount == setup.cluster.deviceCount)
      #expect(first.columns == (try Self.trace(setup, .events, expandRanks: false)).columns)
      #expect(first.columns == (try Self.trace(setup, .replay, expandRanks: true)).columns)
      setup.conditions.seed = 2
      #expect(first.columns != (try Self.trace(setup, .replay, expandRanks: false)).columns)
    }
  }
}
