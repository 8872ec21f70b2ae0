import Foundation
import Testing

@Suite("galvasim explain")
struct ExplainCommandTests {
  private static let scenarios = [
    "Scenarios/runs/llama2-7b-8xa100-36gb.yaml", "Scenarios/runs/t5-large-8xtitanrtx.yaml",
    "Scenarios/runs/llama2-13b-2x-dgx-a100.yaml", "Scenarios/runs/gpt3-175b-does-not-fit.yaml",
  ]

  @Test(arguments: scenarios) func `terms add up to the iteration and to the peak`(scenario: String) throws {
    let document = try Command.document(["explain", scenario, "--json"])
    let simulated = try Command.document(["simulate", scenario, "--json"])
    let time = try #require(document["time"] as? [String: Any])
    let iteration = try #require(time["iteration_time_s"] as? Double)
    let parts = try #require(time["parts"] as? [[String: Any]])
    #expect(abs(parts.reduce(0) { $0 + ($1["time_s"] as? Double ?? 0) } / iteration - 1) < 1e-9)
    // Kernels are what the breakdown calls compute and optimizer.
    let kernels = try #require(time["kernels"] as? [[String: Any]])
    let sum = kernels.reduce(0) { $0 + ($1["time_s"] as? Double ?? 0) }
    let own = parts.filter {
      ($0["name"] as? String ?? "").hasPrefix("kernels") || $0["name"] as? String == "weight update"
    }
    #expect(abs(own.reduce(0) { $0 + ($1["time_s"] as? Double ?? 0) } / sum - 1) < 1e-9)
    // The ledger of the fullest rank, to the byte.
    let memory = try #require(document["memory"] as? [String: Any])
    let terms = try #require(memory["terms"] as? [[String: Any]])
    #expect(terms.reduce(0) { $0 + ($1["bytes"] as? Int ?? 0) } == memory["peak_bytes"] as? Int)
    #expect(memory["peak_bytes"] as? Int == simulated["peak_device_bytes"] as? Int)
    #expect(terms.allSatisfy { ($0["count"] as? Int ?? 0) * ($0["each_bytes"] as? Int ?? 0) == $0["bytes"] as? Int })
    #expect(document["verdict"] as? String == simulated["verdict"] as? String)
  }

  @Test func `the text names what bounds the step and how model states come about`() throws {
    let result = try Command.run(["explain", Self.scenarios[0]])
    #expect(result.status == 0 && result.errors.isEmpty)
    #expect(result.output.contains("what bounds it: kernels, bound by arithmetic"))
    // 202,383,360 parameters of a layer over 8 replicas, 12 bytes of Adam's master weights and moments.
    #expect(result.output.contains("25,297,920 parameters x 12 B"))
  }

  /// Two stages and m micro-batches: 1/(1+m).
  @Test func `an even pipeline's bubble is its closed form`() throws {
    let arguments = [Self.scenarios[1], "--json"]
    let schedule = try Command.run(["simulate", Self.scenarios[1]]).output
    let words = schedule.split(whereSeparator: { $0 == " " || $0 == "," || $0 == "\n" })
    let place = try #require(words.firstIndex(of: "micro-batches") ?? words.firstIndex(of: "micro-batch"))
    let microBatches = try #require(Double(words[place - 1]))
    let document = try Command.document(["explain"] + arguments)
    let bubble = try #require((document["time"] as? [String: Any])?["even_pipeline_bubble"] as? Double)
    #expect(abs(bubble - 1 / (1 + microBatches)) < 1e-12)
  }
}
