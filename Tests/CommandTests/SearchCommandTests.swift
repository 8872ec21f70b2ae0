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
}
