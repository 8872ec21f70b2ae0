import ClusterSimulation
import Planning
import Quantities
import ScenarioIO

extension SearchTimes {
  /// Searches with the simulator's own costs: 64 GPUs, and memory limits in one pass beside one of them alone.
  static func own(repetitions: Int) throws -> [SearchTimes] {
    let bert = try request(
      "Scenarios/runs/bert-huge-32-titanrtx-12gb.yaml",
      ["model=bert-huge-48", "cluster=titan-rtx-8 x 8", "job.global_batch=128"])
    let llama = try request("Scenarios/runs/llama3-8b-8xh100.yaml", [])
    let limits = stride(from: 8.0, through: 79, by: 7.1).map { Bytes.gibibytes($0).count }
    let most = Array(limits.suffix(1))
    return [
      SearchTimes("BERT-Huge-48, 64 TITAN RTX, 12 GiB, batch 128, bmw, simulated", repetitions) {
        let outcome = SimulatedSearch(bert).run()
        return "\(fixed(outcome.plans.first?.simulatedTime ?? 0, 6)) s an iteration, "
          + "\(outcome.outcome.statistics.dynamicPrograms) programs, \(outcome.rounds.count) rounds"
      },
      SearchTimes("Llama-3-8B, 8 H100, bmw by the formula, \(limits.count) limits in one pass", repetitions) {
        answer(llama, limits)
      },
      SearchTimes("the same, the highest limit alone", repetitions) { answer(llama, most) },
    ]
  }

  private static func answer(_ request: PlanRequest, _ limits: [Int64]) -> String {
    var session = SearchSession()
    let outcomes = PlanSearch.outcomes(request, limits: limits, in: &session)
    return "\(outcomes.filter { !$0.plans.isEmpty }.count) of \(limits.count) limits have a plan"
  }

  private static func request(_ path: String, _ changes: [String]) throws -> PlanRequest {
    let scenario = try ScenarioFile.load(path: path, overrides: changes, purpose: .search)
    return PlanRequest(
      setup: scenario.setup(), space: SpaceOptions(dimensions: [.pipeline, .data, .sharded, .tensor, .checkpoint]))
  }

  private init(_ name: String, _ repetitions: Int, _ body: () -> String) {
    var samples = Samples()
    var answer = ""
    for _ in 0..<repetitions { samples.add(measure { answer = body() }) }
    self.init(name: name, answer: answer, samples: samples)
  }
}
