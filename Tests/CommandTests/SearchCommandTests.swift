import Foundation
import Testing

@Suite("galvasim search")
struct SearchCommandTests {
  private static let bert = "Scenarios/runs/bert-huge-32-titanrtx-8gb.yaml"

  @Test func `a search prints one document with the fields of the contract`() throws {
    let result = try Command.run(["search", Self.bert, "--json", "--micro-batches", "2,4", "--top", "2"])
    #expect(result.status == 0 && result.errors.isEmpty)
    let document = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    for key in ["schema_version", "method", "evaluator", "cost_model", "memory_limit_bytes", "counts", "best", "plans"]
    {
      #expect(document[key] != nil, "\(key)")
    }
    let best = try #require(document["best"] as? [String: Any])
    #expect(best["verdict"] as? String == "fits")
    #expect((best["plan"] as? [String: Any])?["pp_deg"] as? Int == best["pp"] as? Int)
  }

  @Test func `the costs of kernels are a choice`() throws {
    func time(_ model: String) throws -> Double {
      let document = try Command.document(
        ["search", Self.bert, "--json", "--micro-batches", "2", "--top", "1", "--cost-model", model])
      return try #require((document["best"] as? [String: Any])?["simulated_iteration_time_s"] as? Double)
    }
    let table = try time("table")
    #expect(try time("roofline") != table)
    #expect(try time("auto") == table)
  }

  @Test func `a model that cannot fit ends with 12 and says what was nearest`() throws {
    let result = try Command.run(["search", Self.bert, "--memory", "1GiB", "--micro-batches", "8"])
    #expect(result.status == 12)
    #expect(result.output.contains("no plan fits; the nearest misses by"))
  }

  @Test func `options that make no sense together are refused`() throws {
    #expect(try Command.run(["search", Self.bert, "--cost-model", "galvatron"]).status == 64)
    #expect(try Command.run(["search", Self.bert, "--galvatron-profile", "x"]).status == 64)
    #expect(try Command.run(["search", Self.bert, "--cost-model", "guess"]).status == 64)
    #expect(try Command.run(["search", Self.bert, "--dimensions", "pp,nonsense"]).status == 64)
    #expect(try Command.run(["search", Self.bert, "--memory", "12apples"]).status == 65)
  }

  @Test func `several limits give one document each, and each is what it is alone`() throws {
    let arguments = ["search", Self.bert, "--json", "--micro-batches", "2,8", "--network", "ideal", "--memory"]
    let together = try Command.document(arguments + ["6GiB,12GiB"])
    let limits = try #require(together["limits"] as? [[String: Any]])
    #expect(limits.map { $0["memory_limit_bytes"] as? Int } == [6 << 30, 12 << 30])
    for (limit, size) in zip(limits, ["6GiB", "12GiB"]) {
      let alone = try Command.document(arguments + [size])
      let (one, other) = (limit["best"] as? [String: Any], alone["best"] as? [String: Any])
      #expect(one?["plan_text"] as? String == other?["plan_text"] as? String && one != nil)
      #expect(one?["samples_per_s"] as? Double == other?["samples_per_s"] as? Double)
    }
    #expect(try Command.run(["search", Self.bert, "--memory", "6GiB,12GiB", "--emit", "x.json"]).status == 64)
  }

  @Test func `finalists are judged on shared links unless told otherwise`() throws {
    let arguments = ["search", Self.bert, "--json", "--micro-batches", "2", "--top", "2"]
    let shared = try Command.document(arguments)
    let ideal = try Command.document(arguments + ["--network", "ideal"])
    #expect(shared["network"] as? String == "shared" && ideal["network"] as? String == "ideal")
    for plan in try #require(shared["plans"] as? [[String: Any]]) {
      let replayed = try #require(plan["replayed_iteration_time_s"] as? Double)
      #expect(try #require(plan["simulated_iteration_time_s"] as? Double) >= replayed * (1 - 1e-9))
    }
    let best = try #require(ideal["best"] as? [String: Any])
    #expect(best["replayed_iteration_time_s"] as? Double == best["simulated_iteration_time_s"] as? Double)
    #expect((ideal["rounds"] as? [[String: Any]])?.isEmpty == false)
  }

  @Test func `another cluster and batch can be searched though the scenario's plan is not for them`() throws {
    let changes = ["--set", "cluster=titan-rtx-8 x 2", "--set", "job.global_batch=24", "--degrees", "divisors"]
    let document = try Command.document(
      ["search", Self.bert, "--json", "--evaluator", "analytic", "--micro-batches", "2,3"] + changes)
    #expect((document["plan_problem"] as? String)?.contains("global_batch") ?? false)
    let best = try #require(document["best"] as? [String: Any])
    #expect(best["global_batch"] as? Int == 24 && best["verdict"] as? String == "not_simulated")
    // A spelling mistake in the plan stays an error.
    #expect(try Command.run(["search", Self.bert, "--set", "plan.schedul=1f1b"]).status == 65)
  }

  @Test func `without pruning the leaves that no strategy expresses are listed`() throws {
    let arguments = ["search", Self.bert, "--json", "--evaluator", "analytic", "--micro-batches", "2"]
    func left(_ document: [String: Any]) -> (pruned: Int?, listed: Int) {
      let rejected = document["rejected"] as? [[String: Any]] ?? []
      let listed = rejected.filter { ($0["reason"] as? String)?.contains("no layer strategy expresses it") ?? false }
      return ((document["counts"] as? [String: Any])?["pruned"] as? Int, listed.count)
    }
    let pruned = left(try Command.document(arguments))
    let all = left(try Command.document(arguments + ["--no-pruning"]))
    #expect(pruned.pruned == 24 && pruned.listed == 0 && all.pruned == 0 && all.listed == 12)
  }
}
