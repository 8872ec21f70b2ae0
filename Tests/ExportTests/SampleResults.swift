import ClusterSimulation
import Foundation
import ScenarioIO

@testable import Export

/// Simulations of the scenarios that ship with the project.
enum Sample {
  private static let runs = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Scenarios/runs")

  /// Two pipeline stages of four ranks: messages, tensor-parallel and data-parallel collectives.
  static let pipeline = "bert-huge-32-titanrtx-8gb"
  /// One stage of eight ranks with sharded parameters.
  static let sharded = "llama3-8b-8xh100"
  /// A rank asks for more memory than it has.
  static let outOfMemory = "gpt3-175b-does-not-fit"
  /// One of each kind.
  static let all = [pipeline, sharded, outOfMemory]

  static func scenario(_ run: String, _ overrides: [String] = []) throws -> Scenario {
    try ScenarioFile.load(path: runs.appending(path: run + ".yaml").path, overrides: overrides)
  }

  static func simulate(
    _ run: String, _ overrides: [String] = [], expandRanks: Bool = false
  ) throws -> SimulationResult {
    let scenario = try scenario(run, overrides)
    let setup = TrainingSetup(
      model: scenario.model, cluster: scenario.cluster, job: scenario.job, plan: scenario.plan,
      options: scenario.options)
    return try TrainingSimulation(setup).run(expandRanks: expandRanks)
  }

  static func description(_ run: String) throws -> TraceDescription {
    let scenario = try scenario(run)
    return TraceDescription(
      scenarioName: scenario.name, toolVersion: "0.0.0", command: "galvasim simulate \(run).yaml",
      resolvedInput: scenario.resolvedText, inputs: [.init(name: "note", text: "as read")],
      warnings: ["first", "second"], scalars: [.init(name: "cost", value: 1.5, units: "USD")], seed: 7)
  }

  /// All tasks of a trace, row by row.
  static func tasks(_ trace: Trace) -> [TraceTask] {
    var tasks: [TraceTask] = []
    for rank in 0..<trace.map.rankCount { trace.forEachTask(ofSimulatedRank: rank) { tasks.append($0) } }
    return tasks
  }
}
