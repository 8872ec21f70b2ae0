import ClusterSimulation
import Costing
import Parallelism
import Quantities
import ScenarioIO
import Workload

/// The values between a scenario and its result, as text: for learning and for finding mistakes.
public enum IntermediateText {
  /// The pipeline schedule as a grid of unit slots, one row per pipeline rank.
  public static func schedule(_ scenario: Scenario) -> String {
    guard let (schedule, shape) = pipeline(scenario) else { return "" }
    return ScheduleGrid(schedule, shape).description + "\n"
  }

  /// The pipeline schedule as PyTorch reads it: one row per rank, one cell per action.
  public static func scheduleCSV(_ scenario: Scenario) -> String {
    guard let (schedule, shape) = pipeline(scenario) else { return "" }
    return ScheduleCSV.text(actions: schedule.actions(shape))
  }

  private static func pipeline(_ scenario: Scenario) -> (any PipelineSchedule, PipelineShape)? {
    let plan = scenario.plan
    return ScheduleCatalog.schedule(for: plan.schedule).map {
      ($0, PipelineShape(ranks: plan.pipelineParallel, chunks: plan.virtualStages, microBatches: plan.microBatches))
    }
  }

  /// Every task with what it waits for.
  public static func taskGraph(_ scenario: Scenario, expandRanks: Bool) throws -> String {
    let (programs, map) = try TrainingSimulation(scenario.setup()).compile(expandRanks: expandRanks)
    return try TaskGraph(programs: programs, map: map).description
  }

  /// The ledger of the fullest rank: every allocation and release in order of time.
  public static func memory(_ scenario: Scenario, options: RunOptions) throws -> String {
    let result = try TrainingSimulation(scenario.setup()).run(
      executor: options.executor, expandRanks: options.expandRanks)
    var fullest = 0
    var most = Int64(-1)
    for rank in 0..<result.trace.map.rankCount {
      let peak = result.trace.memoryPeak(ofSimulatedRank: rank).bytes.count
      if peak > most { (fullest, most) = (rank, peak) }
    }
    return ledger(result, rank: fullest)
  }

  private static func ledger(_ result: SimulationResult, rank: Int) -> String {
    let timeline = MemoryTimeline(trace: result.trace, simulatedRank: rank)
    var held: Int64 = 0
    var lines = ["time_ns\tbytes\theld_bytes\tcategory\tlayer\tmicro_batch\ttask"]
    for part in timeline.resident {
      held += part.bytes.count
      lines.append("0\t\(part.bytes.count)\t\(held)\t\(part.category.name)\t\(part.layer)\t-1\tresident")
    }
    for change in timeline.changes {
      held += change.bytes
      let task = result.trace.task(row: change.row)
      let name = result.trace.programs.names[Int(task.info.name)]
      lines.append(
        "\(change.time.nanoseconds)\t\(change.bytes)\t\(held)\t\(change.category.name)\t\(change.layer)\t"
          + "\(change.microBatch)\t\(task.info.kind.name) \(name)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Every kind of operation of the compiled programs with its price and how often one rank of a class runs it.
  public static func costs(_ scenario: Scenario) throws -> String {
    let (programs, _) = try TrainingSimulation(scenario.setup()).compile()
    struct Key: Hashable {
      var stage: Int
      var kind: TaskKind
      var name: Int32
      var duration: Int64
      var bytes: Int64
    }
    var order: [Key] = []
    var counts: [Key: Int] = [:]
    for (index, program) in programs.programs.enumerated() {
      for step in programs.steps[programs.stepRange(ofProgram: index)] {
        for operation in programs.operationRange(ofTemplate: Int(step.template)) {
          let info = programs.infos[operation]
          let key = Key(
            stage: program.stage, kind: info.kind, name: info.name,
            duration: programs.operations[operation].duration, bytes: info.bytes)
          if counts[key] == nil { order.append(key) }
          counts[key, default: 0] += 1
        }
      }
    }
    var lines = ["stage\tkind\tname\tduration_ns\tbytes\tcount\ttotal_ns"]
    for key in order {
      let count = counts[key] ?? 0
      lines.append(
        "\(key.stage)\t\(key.kind.name)\t\(programs.names[Int(key.name)])\t\(key.duration)\t\(key.bytes)\t\(count)\t"
          + "\(Int64(count) * key.duration)")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
