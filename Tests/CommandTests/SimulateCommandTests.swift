import Foundation
import Testing

@Suite("galvasim simulate")
struct SimulateCommandTests {
  /// The fields of the contract.
  static let fields: Set<String> = [
    "schema_version", "tool_version", "scenario", "verdict", "iteration_time_s", "samples_per_s", "tokens_per_s",
    "tokens_per_s_per_gpu", "model_tflops_per_gpu", "mfu", "flops_convention", "peak_reserved_bytes",
    "peak_allocated_bytes", "peak_device_bytes", "capacity_bytes", "out_of_memory", "stages", "breakdown_s", "events",
    "tasks", "ranks_simulated", "ranks", "executor", "fingerprint", "warnings", "links", "groups",
    "most_contended_link", "cost_model", "kernel_tables", "kernel_time_share",
  ]
  static let stageFields: Set<String> = [
    "stage", "ranks", "layers", "peak_reserved_bytes", "peak_allocated_bytes", "fragmentation",
    "peak_by_category_bytes", "compute_s",
    "bubble_s", "exposed_communication_s", "optimizer_s", "idle_s",
  ]
  static let categories: Set<String> = [
    "parameters", "gradients", "optimizer", "activations", "recompute", "gathered", "communication", "workspace",
    "context",
  ]

  @Test(arguments: Command.scenarios)
  func `every shipped scenario prints the fields of the contract`(scenario: String) throws {
    let document = try Command.document(["simulate", scenario, "--json"])
    #expect(Set(document.keys) == Self.fields)
    let stages = try #require(document["stages"] as? [[String: Any]])
    #expect(!stages.isEmpty)
    for stage in stages {
      #expect(Set(stage.keys) == Self.stageFields)
      #expect(Set((stage["peak_by_category_bytes"] as? [String: Any] ?? [:]).keys) == Self.categories)
    }
    let fits = document["verdict"] as? String == "fits"
    #expect(fits == (document["out_of_memory"] is NSNull))
    #expect(fits == (document["iteration_time_s"] is Double))
    #expect(fits == !scenario.contains("does-not-fit"))
  }

  @Test func `the parts of every stage add up to the iteration`() throws {
    let document = try Command.document(["simulate", "Scenarios/runs/bert-huge-32-titanrtx-8gb.yaml", "--json"])
    let iteration = try #require(document["iteration_time_s"] as? Double)
    for stage in try #require(document["stages"] as? [[String: Any]]) {
      let exposed = try #require(stage["exposed_communication_s"] as? [String: Double])
      let parts = ["compute_s", "bubble_s", "optimizer_s", "idle_s"].compactMap { stage[$0] as? Double }
      #expect(abs(parts.reduce(0, +) + exposed.values.reduce(0, +) - iteration) < 1e-8)
    }
  }

  @Test func `a plan that does not fit has no speed, says what holds the memory, and exits 10 when asked`() throws {
    let scenario = "Scenarios/runs/gpt3-175b-does-not-fit.yaml"
    let document = try Command.document(["simulate", scenario, "--json"])
    let failure = try #require(document["out_of_memory"] as? [String: Any])
    let keys: Set = [
      "rank", "stage", "time_s", "task", "requested_bytes", "held_by_category", "held_by_layer", "fixes",
    ]
    #expect(Set(failure.keys) == keys)
    #expect(document["breakdown_s"] is NSNull)
    let fixes = try #require(failure["fixes"] as? [[String: Any]])
    let settings = try #require(fixes.first?["set"] as? [String])
    let fixed = try Command.document(["simulate", scenario, "--json"] + settings.flatMap { ["--set", $0] })
    #expect(fixed["verdict"] as? String == "fits")
    #expect(try Command.run(["simulate", scenario, "--detailed-exitcode", "--quiet"]).status == 10)
    #expect(try Command.run(["check", scenario]).status == 10)
    #expect(try Command.run(["check", "Scenarios/runs/llama3-8b-8xh100.yaml"]).status == 0)
  }

  @Test(arguments: ["Scenarios/runs/bert-huge-32-titanrtx-8gb.yaml", "Scenarios/runs/t5-large-8xtitanrtx.yaml"])
  func `the same input gives the same bytes in every output`(scenario: String) throws {
    let scratch = try ScratchFolder()
    var outputs: [[Data]] = []
    for run in 0..<2 {
      let trace = scratch.path("trace\(run).h5")
      let timeline = scratch.path("timeline\(run).json")
      let outcome = try Command.run(["simulate", scenario, "--json", "--trace", trace, "--timeline", timeline])
      try #require(outcome.status == 0, "\(outcome.errors)")
      outputs.append(
        [Data(outcome.output.utf8)] + (try [trace, timeline].map { try Data(contentsOf: URL(fileURLWithPath: $0)) }))
    }
    #expect(outputs[0] == outputs[1])
    #expect(scratch.names == ["timeline0.json", "timeline1.json", "trace0.h5", "trace1.h5"])
  }

  @Test(arguments: ["events", "replay"])
  func `both executors and expanded ranks agree`(executor: String) throws {
    let scenario = "Scenarios/runs/bert-huge-32-titanrtx-8gb.yaml"
    let common = ["simulate", scenario, "--json", "--set", "options.interference=false"]
    let folded = try Command.document(common)
    let other = try Command.document(common + ["--executor", executor, "--expand-ranks"])
    #expect(other["executor"] as? String == executor)
    #expect(other["ranks_simulated"] as? Int == 8)
    for key in ["iteration_time_s", "peak_allocated_bytes", "samples_per_s"] {
      #expect(other[key] as? Double == folded[key] as? Double)
    }
  }

  @Test func `timing adds exactly two fields`() throws {
    let document = try Command.document(
      ["simulate", "Scenarios/runs/llama3-8b-8xh100.yaml", "--json", "--timing"])
    #expect(Set(document.keys) == Self.fields.union(["wall_time_s", "cpu_s"]))
  }

  @Test(arguments: ["schedule", "schedule-csv", "task-graph", "routes", "memory", "costs", "groups"])
  func `every intermediate value prints itself`(value: String) throws {
    let outcome = try Command.run(
      ["simulate", "Scenarios/runs/bert-huge-32-titanrtx-8gb.yaml", "--print", value])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.split(separator: "\n").count >= 2)
  }

  @Test func `an output that cannot be written is status 74 and leaves nothing`() throws {
    let scratch = try ScratchFolder()
    let scenario = "Scenarios/runs/llama3-8b-8xh100.yaml"
    let outcome = try Command.run(["simulate", scenario, "--trace", scratch.path("missing/trace.h5")])
    #expect(outcome.status == 74)
    #expect(outcome.errors.contains("missing/trace.h5"))
    #expect(scratch.names.isEmpty)
    for options in [
      ["--ranks", "0"], ["--timeline", "t.json", "--ranks", "0-"], ["--timeline", "t.json", "--window", "2s:1s"],
    ] {
      #expect(try Command.run(["simulate", scenario] + options).status == 64)
    }
    let unknown = try Command.run(["simulate", scenario, "--timeline", scratch.path("timeline.xyz")])
    #expect(unknown.status == 64)
    #expect(scratch.names.isEmpty)
  }

  @Test func `every kind of timeline is written, whole or in part`() throws {
    let scratch = try ScratchFolder()
    let scenario = "Scenarios/runs/bert-huge-32-titanrtx-8gb.yaml"
    for name in ["a.pftrace", "a.json.gz", "kineto/"] {
      let outcome = try Command.run(["simulate", scenario, "--quiet", "--timeline", scratch.url.path + "/" + name])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let part = try Command.run([
        "simulate", scenario, "--quiet", "--timeline", scratch.url.path + "/part-" + name, "--ranks", "4", "--window",
        "100ms:",
      ])
      #expect(part.status == 0, "\(part.errors)")
    }
    #expect(scratch.names == ["a.json.gz", "a.pftrace", "kineto", "part-a.json.gz", "part-a.pftrace", "part-kineto"])
    let missing = try Command.run([
      "simulate", scenario, "--quiet", "--timeline", scratch.path("b.pftrace"), "--ranks", "1-3",
    ])
    #expect(missing.status == 64 && missing.errors.contains("not simulated; choose from 0, 4"))
  }

  @Test func `a trace file is exported without its scenario, a damaged one is status 65`() throws {
    let scratch = try ScratchFolder()
    let (trace, timeline) = (scratch.path("a.h5"), scratch.path("a.pftrace"))
    let outcome = try Command.run([
      "simulate", "Scenarios/runs/llama3-8b-8xh100.yaml", "--quiet", "--trace", trace, "--timeline", timeline,
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let copy = scratch.path("b.pftrace")
    let document = try Command.document(["export", trace, "--format", "perfetto", "--out", copy, "--json"])
    #expect(document["path"] as? String == copy)
    #expect(FileManager.default.contentsEqual(atPath: timeline, andPath: copy))
    _ = try scratch.write("a.h5", Data(contentsOf: URL(fileURLWithPath: trace)).prefix(5000))
    let damaged = try Command.run(["export", trace, "--format", "csv", "--out", scratch.path("c.csv")])
    #expect(damaged.status == 65 && damaged.errors.split(separator: "\n").count == 1)
    #expect(try Command.run(["export", "missing.h5", "--format", "csv", "--out", "c.csv"]).status == 66)
    #expect(try Command.run(["export", trace, "--format", "pdf", "--out", "c.csv"]).status == 64)
    #expect(scratch.names == ["a.h5", "a.pftrace", "b.pftrace"])
  }

  @Test func `overrides change the scenario`() throws {
    let scenario = "Scenarios/runs/llama3-8b-8xh100.yaml"
    let twice = try Command.document([
      "simulate", scenario, "--json", "--set", "cluster=dgx-h100 x 2", "--set", "plan.dp=16",
      "--set", "job.micro_batch=1",
    ])
    #expect(twice["ranks"] as? Int == 16)
  }
}

@Suite("galvasim catalog, schema, import")
struct CatalogCommandTests {
  @Test(arguments: ["gpu", "link", "cluster", "model", "schedule", "collective"])
  func `every entry of a kind can be shown`(kind: String) throws {
    let document = try Command.document(["catalog", "list", kind, "--json"])
    let entries = try #require(document[kind] as? [[String: String]])
    #expect(entries.count >= 3)
    for name in kind == "model" ? ["llama-3.1-8b", "deepseek-v3"] : entries.compactMap({ $0["name"] }) {
      let outcome = try Command.run(["catalog", "show", kind, name])
      #expect(outcome.status == 0, "\(name): \(outcome.errors)")
    }
  }

  @Test func `an unknown name is status 65 with the nearest spelling`() throws {
    let outcome = try Command.run(["catalog", "show", "gpu", "a100-sxm-80g"])
    #expect(outcome.status == 65)
    #expect(outcome.errors.contains("a100-sxm-80gb"))
  }

  @Test(arguments: ["scenario", "device", "link", "cluster", "model"])
  func `every schema is JSON`(kind: String) throws {
    let schema = try Command.document(["schema", kind])
    #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
  }

  @Test func `a Galvatron plan is read and says what it means`() throws {
    let outcome = try Command.run(
      ["import", "galvatron-plan", "Scenarios/plans/bert-huge-32-8gpus-8gb.json", "--gpus", "8"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("pp2"))
  }

  @Test func `usage errors are status 64`() throws {
    #expect(try Command.run(["simulate"]).status == 64)
    #expect(try Command.run(["nonsense"]).status == 64)
    #expect(try Command.run(["simulate", "x.yaml", "--executor", "magic"]).status == 64)
  }
}
