import BaselineLoops
import ClusterSimulation
import GalvaSim

/// A benchmark that cannot be trusted.
enum BenchmarkError: Error, CustomStringConvertible {
  case unknownOption(String)
  case differentTimes(workload: String, loop: String)

  /// 64 for a mistake in the command, 70 for results that disagree.
  var exitStatus: Int32 {
    switch self {
    case .unknownOption: 64
    case .differentTimes: 70
    }
  }

  var description: String {
    switch self {
    case .unknownOption(let text):
      "\(text): unknown option; use --json, --scenarios DIR, --repetitions N (7 or more), --search, --timelines, "
        + "--galvatron-profiles DIR"
    case .differentTimes(let workload, let loop):
      "\(workload): \(loop) gives other times than the replay; the comparison is void"
    }
  }
}

/// Programs to run: a scenario, perhaps changed, folded or with every rank.
struct ExecutorCase {
  let name: String
  let file: String
  let overrides: [String]
  let expandsRanks: Bool

  private static let gpt3 = "gpt3-175b-1024xa100.yaml"

  /// Small and large numbers of ranks; the expanded ones have fewer micro-batches, so that memory stays below 1 GiB.
  static let all = [
    ExecutorCase(name: "GPT-3 175B, 1024 GPUs, folded", file: gpt3, overrides: [], expandsRanks: false),
    ExecutorCase(
      name: "GPT-3 175B, 64 ranks",
      file: gpt3,
      overrides: ["cluster=dgx-a100 x 8", "plan.pp=8", "plan.dp=1", "job.global_batch=16"], expandsRanks: true),
    ExecutorCase(
      name: "GPT-3 175B, 512 ranks",
      file: gpt3,
      overrides: ["cluster=dgx-a100 x 64", "plan.pp=8", "job.global_batch=64"], expandsRanks: true),
    ExecutorCase(
      name: "GPT-3 175B, 1024 ranks", file: gpt3, overrides: ["job.global_batch=128"], expandsRanks: true),
  ]

  /// Reads the scenario.
  func setup(folder: String) throws -> TrainingSetup {
    try TrainingSetup(scenario: ScenarioFile.load(path: folder + "/" + file, overrides: overrides))
  }
}

extension TrainingSetup {
  /// What a scenario describes.
  init(scenario: Scenario) {
    self.init(
      model: scenario.model, cluster: scenario.cluster, job: scenario.job, plan: scenario.plan,
      options: scenario.options)
  }
}

/// Our executors and the C++ loops on the same programs.
struct ExecutorTimes {
  let name: String
  let ranks: Int
  let tasks: Int
  var replay = Samples()
  var sweep = Samples()
  var events = Samples()
  var priorityQueue = Samples()
  var quaternary = Samples()

  /// Runs all five in turn, again and again; checks first that they agree.
  init(_ workload: ExecutorCase, folder: String, repetitions: Int) throws {
    let simulation = try TrainingSimulation(workload.setup(folder: folder))
    let (programs, map) = try simulation.compile(expandRanks: workload.expandsRanks)
    let baseline = BaselinePrograms(programs: programs, map: map)
    name = workload.name
    ranks = map.rankCount
    tasks = map.rowCount
    try Self.check(baseline, programs, map, name: workload.name)
    for _ in 0..<repetitions {
      replay.add(try measure { _ = try TrainingSimulation.trace(programs: programs, map: map, executor: .replay) })
      sweep.add(measure { _ = baseline.run(baseline_replay) })
      events.add(try measure { _ = try TrainingSimulation.trace(programs: programs, map: map, executor: .events) })
      priorityQueue.add(measure { _ = baseline.run(baseline_events) })
      quaternary.add(measure { _ = baseline.run(baseline_events_quaternary) })
    }
  }

  private static func check(
    _ baseline: BaselinePrograms, _ programs: ProgramSet, _ map: RankMap, name: String
  ) throws {
    let columns = try TrainingSimulation.trace(programs: programs, map: map, executor: .replay).columns
    let events = try TrainingSimulation.trace(programs: programs, map: map, executor: .events).columns
    guard events == columns else { throw BenchmarkError.differentTimes(workload: name, loop: "our event executor") }
    let loops: [(String, BaselinePrograms.Loop)] = [
      ("the C++ sweep", baseline_replay), ("the C++ event loop", baseline_events),
      ("the C++ event loop with a 4-ary heap", baseline_events_quaternary),
    ]
    for (loop, run) in loops where !baseline.run(run).matches(columns) {
      throw BenchmarkError.differentTimes(workload: name, loop: loop)
    }
  }
}
