import ClusterSimulation
import Quantities
import TestSupport

/// One compiled plan and everything that replayed it.
struct Replayed {
  let programs: ProgramSet
  let map: RankMap
  let replay: Trace
  let events: Trace
  let reference: ReferenceEngine.Times
  let criticalPath: CriticalPath
  let busiestStream: Int64

  init(_ simulation: TrainingSimulation, expandRanks: Bool) throws {
    (programs, map) = try simulation.compile(expandRanks: expandRanks)
    replay = try TrainingSimulation.trace(programs: programs, map: map, executor: .replay)
    events = try TrainingSimulation.trace(programs: programs, map: map, executor: .events)
    let graph = try TaskGraph(programs: programs, map: map)
    reference = ReferenceEngine.run(graph)
    criticalPath = try graph.criticalPath()
    busiestStream = graph.busiestStream?.work.nanoseconds ?? 0
  }

  var iteration: SimDuration { replay.iterationTime }

  /// Rows of a simulated rank.
  func rows(_ rank: Int) -> Range<Int> { map.firstRows[rank]..<map.firstRows[rank + 1] }
}

/// One generated setup, replayed folded and expanded.
struct GeneratedRun: CustomStringConvertible {
  let number: Int
  let setup: TrainingSetup
  let folded: Replayed
  let expanded: Replayed

  /// Enough to find the case again.
  var description: String {
    let cluster = setup.cluster
    return "run \(number): \(setup.model.name) on \(cluster.nodes)x\(cluster.devicesPerNode), \(setup.plan.text)"
  }

  /// Pipeline rank of a simulated rank.
  func stage(_ replayed: Replayed, _ rank: Int) -> Int {
    replayed.programs.programs[Int(replayed.map.programs[rank])].stage
  }
}

/// The runs all laws look at; made once, by the first law that asks.
enum GeneratedRuns {
  static let count = 560

  static let outcome: (runs: [GeneratedRun], failures: [String]) = {
    var generator = SetupGenerator(seed: 20_261_123)
    var runs: [GeneratedRun] = []
    var failures: [String] = []
    for number in 0..<count {
      let setup = generator.next()
      do {
        let simulation = try TrainingSimulation(setup)
        runs.append(
          GeneratedRun(
            number: number, setup: setup, folded: try Replayed(simulation, expandRanks: false),
            expanded: try Replayed(simulation, expandRanks: true)))
      } catch {
        failures.append("run \(number): \(setup.plan.text): \(error)")
      }
    }
    return (runs, failures)
  }()

  static var all: [GeneratedRun] { outcome.runs }

  /// The runs in which a law is broken, at most five, and how.
  static func problems(_ law: (GeneratedRun) throws -> [String]) rethrows -> [String] {
    var problems: [String] = []
    for run in all {
      guard let first = try law(run).first else { continue }
      problems.append("\(first) in \(run)")
    }
    return problems.count > 5 ? problems.prefix(5) + ["and \(problems.count - 5) more runs"] : problems
  }
}
