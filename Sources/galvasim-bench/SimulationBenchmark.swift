import ClusterSimulation
import GalvaSim

/// The path from a scenario file to a result, in parts and as a whole.
struct SimulationTimes {
  let name: String
  let ranks: Int
  let tasks: Int
  /// Reading and checking the scenario file.
  var reading = Samples()
  /// Lowering the plan to programs.
  var lowering = Samples()
  /// Validation, lowering, replay, memory, breakdown and fingerprint.
  var replay = Samples()
  /// The same event by event, as `simulate` does it unless told otherwise: kernels and collectives slow each other down.
  var simulation = Samples()
  /// The same on shared links.
  var shared = Samples()
  /// Iteration time of the result, in seconds, to compare runs of different versions.
  let iteration: Double
  /// Fingerprint of the result.
  let fingerprint: String

  /// The scenarios timed as a whole.
  static let files = ["gpt3-175b-1024xa100.yaml", "llama3-405b-16384xh100.yaml", "llama3-8b-8xh100.yaml"]

  /// Runs each part in turn, again and again.
  init(file: String, folder: String, repetitions: Int) throws {
    let path = folder + "/" + file
    let scenario = try ScenarioFile.load(path: path)
    let setup = TrainingSetup(scenario: scenario)
    let result = try TrainingSimulation(setup).run()
    name = scenario.name
    ranks = setup.cluster.deviceCount
    tasks = result.trace.taskCount
    iteration = result.iterationTime.seconds.value
    fingerprint = result.trace.fingerprint
    for _ in 0..<repetitions {
      reading.add(try measure { _ = try ScenarioFile.load(path: path) })
      lowering.add(try measure { _ = try TrainingSimulation(setup).compile() })
      replay.add(try measure { _ = try TrainingSimulation(setup).run(executor: .replay).trace.fingerprint })
      simulation.add(try measure { _ = try TrainingSimulation(setup).run().trace.fingerprint })
      shared.add(try measure { _ = try TrainingSimulation(setup).run(network: .shared).trace.fingerprint })
    }
  }
}
