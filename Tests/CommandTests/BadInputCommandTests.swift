import Foundation
import Testing

/// One bad scenario and what people must read about it.
struct BadScenario: Sendable, CustomTestStringConvertible {
  let name: String
  let data: Data
  let arguments: [String]
  let status: Int32
  let fragment: String

  var testDescription: String { name }

  init(_ name: String, _ text: String, _ fragment: String, status: Int32 = 65, arguments: [String] = []) {
    self.init(name, Data(text.utf8), fragment, status: status, arguments: arguments)
  }

  init(_ name: String, _ data: Data, _ fragment: String, status: Int32 = 65, arguments: [String] = []) {
    self.name = name
    self.data = data
    self.fragment = fragment
    self.status = status
    self.arguments = arguments
  }
}

/// A good scenario whose sections can be replaced.
struct Sample {
  var model = "model: llama-2-7b"
  var cluster = "cluster: dgx-a100"
  var job = "job: {global_batch: 64, sequence_length: 4096, precision: bf16, micro_batch: 1}"
  var plan = "plan: {tp: 2, dp: 4}"
  var rest = ""

  var text: String { "schema_version: 1\n\(model)\n\(cluster)\n\(job)\n\(plan)\n\(rest)\n" }

  static func model(_ text: String) -> String { Sample(model: "model: \(text)").text }
  static func cluster(_ text: String) -> String { Sample(cluster: "cluster: \(text)").text }
  static func job(_ text: String) -> String { Sample(job: "job: {\(text)}").text }
  static func plan(_ text: String) -> String { Sample(plan: "plan: {\(text)}").text }
  static func options(_ text: String) -> String { Sample(rest: "options: {\(text)}").text }
}

@Suite("Bad inputs on the command line")
struct BadInputCommandTests {
  static let goodJob = "global_batch: 64, sequence_length: 4096, precision: bf16, micro_batch: 1"

  static let files: [BadScenario] = [
    BadScenario("empty file", "", "empty"),
    BadScenario("white space", "\n \n", "empty"),
    BadScenario("binary file", Data([0x89, 0x48, 0x44, 0x46, 0, 1, 2, 3]), "binary"),
    BadScenario("not UTF-8", Data([0x6d, 0x3a, 0x20, 0xff, 0xfe, 0x0a]), "UTF-8"),
    BadScenario("10 MB of nesting", Data(repeating: UInt8(ascii: "["), count: 10 << 20), "4 MiB"),
    BadScenario("1 MB of nesting", Data(repeating: UInt8(ascii: "["), count: 1 << 20), "nest"),
    BadScenario("100,000 dashes", String(repeating: "- ", count: 100_000), "nest"),
    BadScenario("a list", "- a\n- b\n", "mapping"),
    BadScenario("a number", "42\n", "mapping"),
    BadScenario("broken YAML", "model: [a, b\ncluster: x\n", "syntax error"),
    BadScenario("tabs", "model:\n\tname: x\n", "tab"),
    BadScenario("duplicate key", "schema_version: 1\nmodel: a\nmodel: b\n", "more than once"),
    BadScenario("two documents", "---\na: 1\n---\nb: 2\n", "document"),
    BadScenario("alias to nothing", "schema_version: 1\nmodel: *nowhere\n", "undefined alias"),
    BadScenario("alias bomb", bomb, "expand"),
    BadScenario("cyclic alias", "schema_version: 1\nmodel: &a {b: *a}\n", "a"),
    BadScenario("JSON cut short", "{\"schema_version\": 1, \"model\": ", ":1:"),
  ]

  /// Nine levels of ten aliases each: 10^9 nodes when expanded.
  private static let bomb: String = {
    let levels = (1...9).map { level in
      "l\(level): &l\(level) [" + Array(repeating: "*l\(level - 1)", count: 10).joined(separator: ", ") + "]"
    }
    return "l0: &l0 [1]\n" + levels.joined(separator: "\n") + "\n"
  }()

  static let structure: [BadScenario] = [
    BadScenario("unknown key", Sample(rest: "optoins: {}").text, "did you mean \"options\""),
    BadScenario("missing model", "schema_version: 1\ncluster: dgx-a100\njob: {\(goodJob)}\n", "model"),
    BadScenario("missing job", "schema_version: 1\nmodel: gpt2\ncluster: dgx-a100\n", "job"),
    BadScenario("unknown version", Sample().text.replacing("schema_version: 1", with: "schema_version: 9"), "version"),
    BadScenario("unknown model", Sample.model("lama-2-7b"), "did you mean \"llama-2-7b\""),
    BadScenario("model of the wrong type", Sample.model("[1, 2]"), "model"),
    BadScenario("unknown model type", Sample.model("{model_type: perceptron}"), "perceptron"),
    BadScenario("model without layers", Sample.model("{model_type: llama, hidden_size: 64}"), "num_hidden_layers"),
    BadScenario("missing config file", Sample.model("nowhere/config.json"), "nowhere", status: 66),
    BadScenario(
      "model with a negative width",
      Sample.model(
        "{model_type: llama, hidden_size: -64, num_hidden_layers: 2, num_attention_heads: 4, "
          + "intermediate_size: 128, vocab_size: 100, max_position_embeddings: 128}"), "hidden_size"),
    BadScenario(
      "model with a huge width",
      Sample.model(
        "{model_type: llama, hidden_size: 99999999999999, num_hidden_layers: 2, num_attention_heads: 4, "
          + "intermediate_size: 128, vocab_size: 100, max_position_embeddings: 128}"), "hidden_size"),
    BadScenario("unknown cluster", Sample.cluster("dgx-a10"), "did you mean"),
    BadScenario("zero nodes", Sample.cluster("dgx-a100 x 0"), "cluster"),
    BadScenario("negative nodes", Sample.cluster("dgx-a100 x -4"), "cluster"),
    BadScenario("huge number of nodes", Sample.cluster("dgx-a100 x 99999999999999999999"), "cluster"),
    BadScenario("cluster that is its own base", Sample.cluster("self.yaml"), "self.yaml", status: 65),
    BadScenario("missing cluster file", Sample.cluster("nowhere/cluster.yaml"), "nowhere", status: 66),
    BadScenario(
      "nodes without a network",
      Sample.cluster(
        "{device: a100-sxm-80gb, devices_per_node: 8, nodes: 2, topology: nvswitch, intra_node: nvlink3, "
          + "host_link: pcie4-x16}"), "inter_node"),
  ]

  static let jobs: [BadScenario] = [
    BadScenario("batch of words", Sample.job("global_batch: two, sequence_length: 8, precision: bf16"), "two"),
    BadScenario("negative batch", Sample.job("global_batch: -4, sequence_length: 8, precision: bf16"), "-4"),
    BadScenario("zero batch", Sample.job("global_batch: 0, sequence_length: 8, precision: bf16"), "0"),
    BadScenario("fractional batch", Sample.job("global_batch: 1.5, sequence_length: 8, precision: bf16"), "1.5"),
    BadScenario("NaN batch", Sample.job("global_batch: .nan, sequence_length: 8, precision: bf16"), "nan"),
    BadScenario("infinite batch", Sample.job("global_batch: .inf, sequence_length: 8, precision: bf16"), "inf"),
    BadScenario("huge batch", Sample.job("global_batch: 1e300, sequence_length: 8, precision: bf16"), "1e300"),
    BadScenario("unknown precision", Sample.job("global_batch: 8, sequence_length: 8, precision: bf17"), "bf17"),
    BadScenario(
      "precision the GPU lacks",
      Sample(
        cluster: "cluster: titan-rtx-8",
        job: "job: {global_batch: 64, sequence_length: 4096, precision: bf16, micro_batch: 1}"
      ).text, "titan-rtx-24gb"),
    BadScenario("unknown optimizer", Sample.job("\(goodJob), optimizer: adm"), "did you mean \"adam\""),
    BadScenario("no sequence length", Sample.job("global_batch: 64, precision: bf16, micro_batch: 1"), "sequence"),
    BadScenario("job of the wrong type", Sample(job: "job: 12").text, "job"),
    BadScenario(
      "batch that cannot be cut",
      Sample.job("global_batch: 62, sequence_length: 4096, precision: bf16, micro_batch: 4"),
      "62"),
    BadScenario(
      "absurd sequence",
      Sample.job("global_batch: 64, sequence_length: 999999999999, precision: bf16, micro_batch: 1"), "sequence"),
  ]

  static let plans: [BadScenario] = [
    BadScenario("degree that does not divide the GPUs", Sample.plan("tp: 3"), "tp"),
    BadScenario("degrees that need more GPUs", Sample.plan("tp: 8, dp: 4"), "8"),
    BadScenario("negative degree", Sample.plan("tp: -2"), "-2"),
    BadScenario("zero degree", Sample.plan("pp: 0"), "0"),
    BadScenario("huge degree", Sample.plan("tp: 9223372036854775807, dp: 9223372036854775807"), "plan"),
    BadScenario(
      "heads that do not divide",
      Sample(
        model: "model: gpt2", job: "job: {global_batch: 64, sequence_length: 1024, precision: bf16, micro_batch: 1}",
        plan: "plan: {tp: 8}"
      ).text, "heads"),
    BadScenario("unknown plan key", Sample.plan("tpp: 2"), "did you mean"),
    BadScenario("unknown schedule", Sample.plan("pp: 2, schedule: 1f2b"), "1f2b"),
    BadScenario("missing schedule file", Sample.plan("pp: 2, schedule: nowhere.csv"), "nowhere.csv", status: 66),
    BadScenario("interleaving without interleaved schedule", Sample.plan("pp: 2, vpp: 2, schedule: 1f1b"), "1f1b"),
    BadScenario("stages that do not add up", Sample.plan("pp: 2, stages: [16, 15]"), "31"),
    BadScenario("negative stage", Sample.plan("pp: 2, stages: [40, -8]"), "-8"),
    BadScenario("too few strategies", Sample.plan("layers: [31*tp2-dp4]"), "31"),
    BadScenario("unreadable strategy", Sample.plan("layers: [32*tq2]"), "tq2"),
    BadScenario("unknown ZeRO stage", Sample.plan("zero: 4"), "4"),
    BadScenario("unknown recompute policy", Sample.plan("recompute: some"), "some"),
    BadScenario("unreadable plan text", Sample.plan("text: \"pp2 nonsense\""), "text"),
    BadScenario(
      "missing Galvatron plan",
      Sample(
        job: "job: {global_batch: 64, sequence_length: 4096, precision: bf16}", plan: "plan: {galvatron: nowhere.json}"
      ).text, "nowhere.json", status: 66),
    BadScenario(
      "more micro-batches than sequences",
      Sample(
        job: "job: {global_batch: 4, sequence_length: 4096, precision: bf16}", plan: "plan: {dp: 8, micro_batches: 9}"
      ).text, "micro"),
    BadScenario("experts that do not exist", Sample.plan("ep: 16"), "ep"),
  ]

  static let options: [BadScenario] = [
    BadScenario("memory without a unit", Sample.options("memory_limit: 8"), "GiB"),
    BadScenario("memory in seconds", Sample.options("memory_limit: 8s"), "8s"),
    BadScenario("negative memory", Sample.options("memory_limit: -8GiB"), "-8GiB"),
    BadScenario("NaN memory", Sample.options("memory_limit: nanGiB"), "nanGiB"),
    BadScenario("unknown option", Sample.options("atention: flash"), "did you mean \"attention\""),
    BadScenario("flag of words", Sample.options("dropout: perhaps"), "perhaps"),
    BadScenario("unknown attention", Sample.options("attention: quick"), "quick"),
    BadScenario("prefetch of nothing", Sample.options("prefetch_layers: 0"), "prefetch_layers"),
    BadScenario("override without a value", Sample().text, "--set", arguments: ["--set", "job.micro_batch"]),
    BadScenario(
      "override of an unknown key", Sample().text, "did you mean", arguments: ["--set", "job.micro_batsch=2"]),
    BadScenario("override of the wrong type", Sample().text, "two", arguments: ["--set", "job.micro_batch=two"]),
  ]

  static let all = files + structure + jobs + plans + options

  @Test func `the table holds at least sixty inputs`() { #expect(Self.all.count >= 60) }

  @Test func `the sample itself is good`() throws {
    let scratch = try ScratchFolder()
    let path = try scratch.write("good.yaml", Data(Sample().text.utf8))
    let outcome = try Command.run(["simulate", path, "--quiet"])
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test(arguments: all)
  func `bad input gives its status, one clear message and no file`(input: BadScenario) throws {
    let scratch = try ScratchFolder()
    let path = try scratch.write("bad.yaml", input.data)
    _ = try scratch.write("self.yaml", Data("kind: cluster\nname: self\nbase: self.yaml\n".utf8))
    let trace = scratch.path("trace.h5")
    let outcome = try Command.run(["simulate", path, "--trace", trace] + input.arguments)
    #expect(outcome.status == input.status, "\(outcome.errors)")
    #expect(outcome.errors.contains(input.fragment), "\(outcome.errors)")
    #expect(outcome.errors.hasPrefix("error: "))
    #expect(outcome.output.isEmpty)
    #expect(scratch.names == ["bad.yaml", "self.yaml"])
  }

  @Test func `a missing scenario is status 66`() throws {
    let outcome = try Command.run(["simulate", "nowhere.yaml"])
    #expect(outcome.status == 66)
    #expect(outcome.errors.contains("nowhere.yaml"))
  }
}
