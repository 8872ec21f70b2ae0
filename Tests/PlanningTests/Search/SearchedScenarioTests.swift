import Planning
import Quantities
import ScenarioIO
import Testing

@testable import ClusterSimulation

/// Searches of scenarios whose stages are not alike: the formula has to know what the simulator knows.
@Suite("Searches of scenarios")
struct SearchedScenarioTests {
  private func request(_ text: String, _ dimensions: [SearchDimension], microBatches: [Int]) throws -> PlanRequest {
    let source = SourceFile(name: "searched.yaml", directory: "/")
    let scenario = try ScenarioFile.parse("schema_version: 1\n" + text, source: source, purpose: .search)
    #expect(scenario.planProblem == nil)
    var setup = TrainingSetup(
      model: scenario.model, cluster: scenario.cluster, job: scenario.job, plan: scenario.plan,
      options: scenario.options)
    setup.conditions = scenario.conditions
    setup.kernelCosts = scenario.kernelCosts
    var request = PlanRequest(setup: setup, space: SpaceOptions(dimensions: dimensions))
    request.microBatches = microBatches
    return request
  }

  private func ratios(_ request: PlanRequest) -> [Double] {
    SimulatedSearch(request, rounds: 1).run().plans.compactMap { plan in
      plan.simulatedTime.map { plan.found.analyticTime / $0 }
    }
  }

  /// The last stage holds a copy of the table, which is no block.
  @Test func `a tied embedding is not taken for a block`() throws {
    let request = try request(
      """
      model: llama-3.2-1b
      cluster: dgx-h100
      job: {global_batch: 16, sequence_length: 2048, precision: bf16, optimizer: adamw}
      """, [.pipeline, .data, .sharded], microBatches: [8])
    let ratios = ratios(request)
    #expect(ratios.count >= 3)
    for ratio in ratios { #expect(ratio > 0.8 && ratio < 1.2) }
  }

  /// A stage is as fast as its slowest GPU, wherever that is.
  @Test(arguments: [0, 5]) func `a slow GPU slows its stage down in the formula too`(rank: Int) throws {
    let request = try request(
      """
      model: llama-3.2-1b
      cluster: dgx-h100
      job: {global_batch: 16, sequence_length: 2048, precision: bf16, optimizer: adamw}
      conditions: {slow_gpus: [{rank: \(rank), speed: 0.5}]}
      """, [.data, .sharded], microBatches: [1, 2])
    let ratios = ratios(request)
    #expect(!ratios.isEmpty)
    for ratio in ratios { #expect(ratio > 0.8 && ratio < 1.2) }
  }

  /// Plans whose tensors would fit but whose allocator finds no room teach the search how much is missing.
  @Test func `fragments do not end a search`() throws {
    let request = try request(
      """
      model: llama-3.1-8b
      cluster: dgx-h100
      job: {global_batch: 16, sequence_length: 8192, precision: bf16, optimizer: adamw}
      options: {memory_limit: 26.9GiB}
      """, [.pipeline, .sharded, .tensor, .checkpoint], microBatches: [4, 16])
    let outcome = SimulatedSearch(request).run()
    let best = try #require(outcome.plans.first)
    let limit = request.setup.memoryCapacity.count
    let context = request.setup.cluster.device.contextMemory.count
    #expect(best.peaks.allSatisfy { $0 <= limit } && best.reserved.allSatisfy { $0 + context <= limit })
  }

  @Test func `lists of numbers have a length`() {
    #expect(CountList.values("8:64:8")?.count == 8)
    #expect(CountList.values("1:1000000000:1") == nil)
  }
}
