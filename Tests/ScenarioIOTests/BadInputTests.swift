import Foundation
import Testing

@testable import ScenarioIO

/// One bad input: the file, the exit class and a fragment of what people read.
struct BadInput: Sendable, CustomTestStringConvertible {
  let name: String
  let text: String
  var overrides: [String] = []
  var kind = InputError.Kind.badInput
  let fragments: [String]

  var testDescription: String { name }

  init(
    _ name: String, _ text: String, overrides: [String] = [], kind: InputError.Kind = .badInput, _ fragments: String...
  ) {
    self.name = name
    self.text = text
    self.overrides = overrides
    self.kind = kind
    self.fragments = fragments
  }

  /// The sample scenario with one section replaced.
  static func job(_ name: String, _ job: String, _ fragment: String) -> BadInput {
    BadInput(name, Sample.scenario(job: job), fragment)
  }

  static func plan(_ name: String, _ plan: String, _ fragment: String) -> BadInput {
    BadInput(name, Sample.scenario(plan: plan), fragment)
  }

  static func options(_ name: String, _ options: String, _ fragment: String) -> BadInput {
    BadInput(name, Sample.scenario(rest: "options: \(options)"), fragment)
  }

  static func conditions(_ name: String, _ conditions: String, _ fragment: String) -> BadInput {
    BadInput(name, Sample.scenario(rest: "conditions: \(conditions)"), fragment)
  }

  static func cluster(_ name: String, _ cluster: String, _ fragment: String) -> BadInput {
    BadInput(name, Sample.scenario(cluster: cluster), fragment)
  }

  /// The sample device inline with one line replaced.
  static func device(_ name: String, _ key: String, _ line: String, _ fragment: String) -> BadInput {
    let lines = Sample.device.split(separator: "\n").map { $0.hasPrefix(key) ? line : String($0) }
    let device = lines.map { "    " + $0 }.joined(separator: "\n")
    let cluster = "\n  base: test-node\n  nodes: 2\n  device:\n\(device)"
    return BadInput(name, Sample.scenario(cluster: cluster), fragment)
  }
}

@Suite("Bad inputs")
struct BadInputTests {
  static let texts: [BadInput] = [
    BadInput("empty", "", "found an empty file"),
    BadInput("only white space", " \n\t\n", "found an empty file"),
    BadInput("only a comment", "# nothing\n", "found an empty file"),
    BadInput("tab indentation", "schema_version: 1\njob:\n\tglobal_batch: 1\n", ":3:", "not tabs"),
    BadInput("duplicate key", "schema_version: 1\nmodel: a\nmodel: b\n", "\"model\" more than once"),
    BadInput("duplicate key, quoted", "schema_version: 1\n\"model\": a\nmodel: b\n", "more than once"),
    BadInput("unclosed bracket", "job: [1, 2\n", "syntax error"),
    BadInput("unclosed quote", "name: \"abc\n", "syntax error"),
    BadInput("two documents", "a: 1\n---\nb: 2\n", ":2:", "second document"),
    BadInput("undefined alias", "model: *nothing\n", "undefined alias"),
    BadInput("unknown tag", "model: !exec {a: 1}\n", "tag"),
    BadInput("collection as key", "? [a, b]\n: 1\n", "not plain text"),
    BadInput("control character", "name: \u{1}\n", "not text"),
    BadInput("root is a list", "- 1\n- 2\n", "found a list", "expected a mapping"),
    BadInput("root is a number", "42\n", "found 42", "expected a mapping"),
    BadInput("10 MB of brackets", String(repeating: "[", count: 10_000_000), "4 MiB"),
    BadInput("3 MB of brackets", String(repeating: "[", count: 3_000_000), "nested deeper than 64"),
    BadInput("3 MB of braces", String(repeating: "{a: ", count: 750_000), "nested deeper than 64"),
    BadInput("3 MB of dashes", String(repeating: "- ", count: 1_500_000), "nested deeper than 64"),
    BadInput("3 MB of question marks", String(repeating: "? ", count: 1_500_000), "nested deeper than 64"),
    BadInput("deep indentation", indented(200), "nested deeper than 64"),
    BadInput("deep sequences without indentation", sequences(100), "nested deeper than 64"),
    BadInput("alias bomb", bomb, "200000 values"),
    BadInput("alias bomb as key", bomb + "? *i\n: 1\n", "200000 values"),
    BadInput("alias bomb as flow key", bomb + "z: {[*i]: 1}\n", "200000 values"),
    BadInput("alias bomb as key without value", bomb + "z: {*i}\n", "200000 values"),
    BadInput("alias bomb inside a key without value", bomb + "z: {[*i]}\n", "200000 values"),
    BadInput("alias as key", "a: &i [x]\n*i : 1\n", "not plain text"),
    BadInput("alias as key without value", "a: &i [x]\nz: {*i}\n", "not plain text"),
    BadInput("alias inside a key", "a: &i [x]\nz: {[*i]}\n", "not plain text"),
    BadInput("alias bomb after a quote inside a text", "x: b \"c\n" + bomb + "z: {[*i]: 1}\n", "200000 values"),
    BadInput(
      "nesting after a quote inside a text", "x: b \"c\ny: " + String(repeating: "[", count: 100_000),
      "nested deeper than 64"),
    BadInput("alias inside its own anchor", "a: &a [1, *a]\n", "undefined alias"),
    BadInput("chain of anchors", chain(5000), "nested deeper than 64"),
  ]

  static let values: [BadInput] = [
    .job(
      "micro-batch is a word", "{global_batch: 64, sequence_length: 8, precision: bf16, micro_batch: two}",
      "job.micro_batch: found \"two\", expected a whole number >= 1"),
    .job("no global batch", "{sequence_length: 8, precision: bf16, micro_batch: 1}", "job.global_batch: found no such"),
    .job("negative batch", "{global_batch: -64, sequence_length: 8, precision: bf16}", "found -64"),
    .job("zero batch", "{global_batch: 0, sequence_length: 8, precision: bf16}", "found 0"),
    .job("fractional batch", "{global_batch: 1.5, sequence_length: 8, precision: bf16}", "found 1.5"),
    .job("huge batch", "{global_batch: 1e300, sequence_length: 8, precision: bf16}", "found 1e300"),
    .job(
      "batch beyond 64 bits", "{global_batch: 99999999999999999999, sequence_length: 8, precision: bf16}", "found 9"),
    .job("NaN batch", "{global_batch: .nan, sequence_length: 8, precision: bf16}", "found .nan"),
    .job("infinite batch", "{global_batch: .inf, sequence_length: 8, precision: bf16}", "found .inf"),
    .job("quoted number", "{global_batch: \"64\", sequence_length: 8, precision: bf16}", "found \"64\""),
    .job("text without length", "{global_batch: 64, precision: bf16, micro_batch: 1}", "job.sequence_length"),
    .job("unknown precision", "{global_batch: 64, sequence_length: 8, precision: bf61}", "did you mean \"bf16\""),
    .job(
      "precision the GPU lacks", "{global_batch: 64, sequence_length: 8, precision: fp8, micro_batch: 1}",
      "expected a number format of test-gpu: fp32, fp16 or bf16"),
    .job(
      "unknown optimizer", "{global_batch: 64, sequence_length: 8, precision: bf16, optimizer: adma}",
      "did you mean \"adam\""),
    .job("unknown key", "{global_bach: 64, sequence_length: 8, precision: bf16}", "did you mean \"global_batch\""),
    .job("job is a list", "[1]", "job: found a list, expected a mapping"),
    .job("job is empty", "", "job: found nothing"),
    .job(
      "micro-batch that does not divide", "{global_batch: 64, sequence_length: 8, precision: bf16, micro_batch: 3}",
      "3 x dp 4, which does not divide global_batch 64"),
    .plan("degrees that do not divide", "{tp: 3}", "expected degrees whose product divides 16"),
    .plan("degrees that need more GPUs", "{tp: 2, dp: 16}", "is 32, a stage has 16"),
    .plan("stages that do not divide", "{pp: 3}", "plan.pp: found 3 pipeline stages on 16 GPUs"),
    .plan("huge degree", "{tp: 1e18}", "plan.tp: found 1e18"),
    .plan("zero degree", "{dp: 0}", "plan.dp: found 0"),
    .plan("unknown key", "{tensor: 2, ttp: 1}", "plan.ttp: found a key that means nothing here"),
    .plan("ZeRO 4", "{zero: 4}", "expected a whole number >= 0 and <= 3"),
    .plan("unknown recompute", "{recompute: fulll}", "did you mean \"full\""),
    .plan("unknown schedule", "{pp: 2, schedule: 1f2b}", "did you mean \"1f1b\""),
    BadInput(
      "missing schedule file", Sample.scenario(plan: "{pp: 2, schedule: no-such.csv}"), kind: .missing, "no such file"),
    .plan("unknown order", "{order: pp-dp-tp}", "tp-cp-dp-pp"),
    .plan("too few layers", "{layers: [4*tp2-dp8]}", "found strategies for 4 layers, the model has 16 blocks"),
    .plan("a billion layers", "{layers: [1000000000*tp2-dp8]}", "expected a count from 1 to 100000"),
    .plan("layer strategy that is none", "{layers: [16*xy2]}", "plan.layers[0]"),
    .plan("layers is a text", "{layers: tp2}", "expected a list such as"),
    .plan("wrong stages", "{pp: 2, stages: [8, 9]}", "plan.stages"),
    .plan("stages are words", "{pp: 2, stages: [8, x]}", "plan.stages[1]: found \"x\""),
    .plan("text beside degrees", "{text: pp1, tp: 2}", "found a key beside text"),
    BadInput(
      "missing Galvatron file", Sample.scenario(job: bareJob, plan: "{galvatron: no-such.json}"), kind: .missing,
      "no such file"),
    .plan(
      "Galvatron plan beside a micro-batch", "{galvatron: plan.json}", "job.micro_batch: found it beside plan.galvatron"
    ),
    .plan("both micro-batch counts", "{micro_batches: 4}", "keep one of them"),
    .options("limit without unit", "{memory_limit: 8}", "expected a unit after the number (80GiB"),
    .options("limit in the wrong unit", "{memory_limit: 8GB/s}", "expected one of the units"),
    .options("lower-case unit", "{memory_limit: 8gib}", "did you mean \"8GiB\""),
    .options("negative limit", "{memory_limit: -8GiB}", "above zero"),
    .conditions(
      "slow GPU that does not exist", "{slow_gpus: [{rank: 99, speed: 0.5}]}", "conditions.slow_gpus[0].rank"),
    .conditions("slow GPU without a speed", "{slow_gpus: [{rank: 0}]}", "conditions.slow_gpus[0].speed"),
    .conditions("slow GPU twice", "{slow_gpus: [{rank: 0, speed: 1}, {rank: 0, speed: 2}]}", "rank 0 twice"),
    .conditions("speed of nothing", "{slow_gpus: [{rank: 0, speed: 0}]}", "a fraction of the normal speed"),
    .conditions(
      "interval that ends before it begins", "{stragglers: [{rank: 0, from: 2s, until: 1s, speed: 0.5}]}",
      "end before the start"),
    .conditions("interval without units", "{stragglers: [{rank: 0, from: 2, until: 3, speed: 0.5}]}", "1.5s"),
    .conditions(
      "overlapping intervals",
      "{stragglers: [{rank: 0, from: 0, until: 2s, speed: 0.5}, {rank: 0, from: 1s, until: 3s, speed: 0.5}]}",
      "overlapping intervals of rank 0"),
    .conditions("jitter without a shape", "{jitter: {deviation: 0.1}}", "conditions.jitter.distribution"),
    .conditions("jitter of nothing", "{jitter: {distribution: normal, deviation: 0}}", "a standard deviation"),
    .conditions("empty histogram", "{jitter: {histogram: []}}", "[factor, weight]"),
    .conditions("unknown condition", "{slow_gpu: []}", "did you mean \"slow_gpus\""),
    .options("limit above the GPU", "{memory_limit: 90GiB}", "at most the memory of the GPU, 80.00 GiB"),
    .options("huge bucket", "{gradient_bucket: 1e30GiB}", "the simulator can represent"),
    .options("NaN bucket", "{gradient_bucket: nanGiB}", "a number with a unit"),
    .options("yes is not true", "{dropout: yes}", "found \"yes\", expected true or false"),
    .options("unknown option", "{overlap_tensor_backwards: true}", "did you mean \"overlap_tensor_backward\""),
    .cluster("unknown cluster", "test-mode", "did you mean \"test-node\""),
    .cluster("nodes are a word", "test-node x many", "NAME x NODES"),
    .cluster("zero nodes", "test-node x 0", "NAME x NODES"),
    .cluster("huge number of nodes", "test-node x 99999999999999999999", "NAME x NODES"),
    .cluster("clusters in a circle", "loop-a", "refers to itself through base"),
    .cluster("cluster on itself", "alone", "refers to itself through base"),
    .cluster("unknown GPU", "{base: test-node, device: test-gpo}", "did you mean \"test-gpu\""),
    .cluster("unknown link", "{base: test-node, intra_node: nvlink}", "a link of the catalogue"),
    .cluster("unknown topology", "{base: test-node, topology: pci}", "did you mean \"pcie\""),
    .device(
      "bandwidth in bytes", "memory_bandwidth", "memory_bandwidth: {value: 80GiB, assumed: x}", "300GB/s, 200Gb/s"),
    .device("no provenance", "memory_bandwidth", "memory_bandwidth: {value: 80GB/s}", "found no provenance"),
    .device(
      "two provenances", "multiprocessors", "multiprocessors: {value: 8, assumed: x, measured: y}", "several kinds"),
    .device("plain number", "kernel_overhead", "kernel_overhead: 2us", "expected a mapping"),
    .device("fraction above 1", "memory_efficiency", "memory_efficiency: {value: 1.5, assumed: x}", "at most 1"),
    .device(
      "curve that falls back", "gemm_efficiency", "gemm_efficiency: {points: [[2, 0.1], [1, 0.2]], assumed: x}",
      "a size above the one before"),
    .device("wrong kind", "kind", "kind: link", "found \"link\", expected device"),
    BadInput("unknown model", Sample.scenario(model: "tset-llama"), "did you mean \"test-llama\""),
    BadInput("model without a type", Sample.scenario(model: "{hidden_size: 8}"), "found no model_type"),
    BadInput("model is a number", Sample.scenario(model: "7"), "found 7, expected a model"),
    BadInput(
      "model file that is missing", Sample.scenario(model: "./no-such.json"), kind: .missing, ":2:8: model:", "no file"),
    BadInput("wrong version", "schema_version: 2\nmodel: a\n", "schema_version: found 2"),
    BadInput(
      "override without value", Sample.scenario(), overrides: ["job.micro_batch"], "--set job.micro_batch: found no"),
    BadInput(
      "override of the wrong type", Sample.scenario(), overrides: ["job.micro_batch=two"],
      "--set job.micro_batch: job.micro_batch: found \"two\""),
    BadInput("override of an unknown key", Sample.scenario(), overrides: ["job.micro=2"], "--set job.micro"),
    BadInput("override below a text", Sample.scenario(), overrides: ["cluster.nodes=2"], "expected a mapping there"),
    BadInput("override outside a list", Sample.scenario(), overrides: ["job.x[3]=2"], "expected a list there"),
  ]

  @Test(arguments: texts + values)
  func `bad input is refused with its place and its cure`(input: BadInput) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let path = try folder.write("bad.yaml", input.text)
    let error = #expect(throws: InputError.self) {
      try ScenarioFile.load(path: path, overrides: input.overrides, catalog: Sample.catalog)
    }
    #expect(error?.kind == input.kind)
    for fragment in input.fragments { #expect(error?.description.contains(fragment) == true, "\(error as Any)") }
  }

  @Test func `a missing file is exit class 66`() {
    let error = #expect(throws: InputError.self) { try ScenarioFile.load(path: "/nowhere/at/all.yaml") }
    #expect(error?.exitStatus == 66)
    #expect(error?.description == "/nowhere/at/all.yaml: no such file, check the path")
  }

  @Test func `a file that a scenario refers to and that is missing is exit class 66`() {
    #expect(Sample.failure(Sample.scenario(model: "./no-such.json"))?.exitStatus == 66)
    let plan = Sample.scenario(job: Self.bareJob, plan: "{galvatron: no-such.json}")
    #expect(Sample.failure(plan)?.exitStatus == 66)
  }

  @Test func `binary files, foreign encodings and folders are refused`() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let binary = try folder.write("a.yaml", Data([0x7f, 0x45, 0x4c, 0x46, 0]))
    let latin = try folder.write("b.yaml", Data([0x6e, 0x3a, 0x20, 0xe9]))
    for (path, fragment) in [(binary, "binary"), (latin, "UTF-8"), (folder.path, "a folder"), ("/dev/zero", "4 MiB")] {
      let error = #expect(throws: InputError.self) { try SourceDocument.load(path: path) }
      #expect(error?.exitStatus == 65)
      #expect(error?.description.contains(fragment) == true)
    }
  }

  @Test func `all problems are reported at once, in the order of the file`() {
    let text = Sample.scenario(
      cluster: "test-mode", job: "{global_batch: -1, sequence_length: 8, precision: x}", plan: "{tpp: 1}",
      rest: "options: {dropout: 3}")
    let problems = Sample.failure(text)?.problems ?? []
    #expect(problems.map(\.path) == ["cluster", "job.global_batch", "job.precision", "plan.tpp", "options.dropout"])
    #expect(problems.map(\.line) == [3, 4, 4, 5, 6])
    #expect(problems.first?.description.hasPrefix("test.yaml:3:10: cluster: found \"test-mode\"") == true)
  }

  static let bareJob = "{global_batch: 64, sequence_length: 1024, precision: bf16}"

  private static let bomb =
    "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    + zip("abcdefgh", "bcdefghi").map { below, name in
      "\(name): &\(name) [" + Array(repeating: "*\(below)", count: 10).joined(separator: ", ") + "]\n"
    }.joined()

  private static func chain(_ length: Int) -> String {
    "- &a0 [x]\n" + (1...length).map { "- &a\($0) [*a\($0 - 1)]\n" }.joined()
  }

  private static func indented(_ depth: Int) -> String {
    (0..<depth).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
  }

  private static func sequences(_ depth: Int) -> String {
    (0..<depth).map { String(repeating: " ", count: 2 * $0) + "- a:\n" }.joined()
  }
}
