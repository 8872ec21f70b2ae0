import Testing

@testable import ScenarioIO

/// Sweeps over the sample scenario.
enum SampleSweep {
  static let vocabulary = SweepVocabulary(
    methods: ["bmw", "base", "dp"], evaluators: ["simulated", "analytic"], dimensions: ["pp", "dp", "tp"],
    networks: ["ideal", "shared"], executors: ["auto", "events"], columns: ["point", "verdict"])

  /// A sweep of a task with the given axes and further keys.
  static func text(task: String = "simulate", axes: String, rest: String = "") -> String {
    """
    schema_version: 1
    task: \(task)
    scenario: {schema_version: 1, model: test-llama, cluster: test-node, job: {global_batch: 8}}
    axes: \(axes)
    \(rest)
    """
  }

  static func spec(_ text: String) throws(InputError) -> SweepSpec {
    try SweepFile.parse(text, source: SourceFile(name: "grid.yaml", directory: "."), vocabulary: vocabulary)
  }
}

@Suite("Sweep files")
struct SweepTests {
  private static let twoAxes = """

      - {name: memory, key: options.memory_limit, values: [8GiB, 80GiB]}
      - {key: job.micro_batch, values: [1, 2, 4]}
    """

  @Test func `points are the full product, the last axis fastest`() throws {
    let spec = try SampleSweep.spec(SampleSweep.text(axes: Self.twoAxes))
    #expect(spec.name == "grid")
    #expect(spec.pointCount == 6)
    #expect(spec.axes.map(\.name) == ["memory", "micro_batch"])
    #expect((0..<6).map { spec.coordinates(of: $0) } == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]])
    #expect(spec.axes[0].numbers == [8, 80])
  }

  @Test func `values reach the scenario, those of all points before those of the axes`() throws {
    let rest = "set: {job.precision: bf16, job.sequence_length: 128, job.micro_batch: 8}"
    let spec = try SampleSweep.spec(SampleSweep.text(axes: Self.twoAxes, rest: rest))
    let scenario = try spec.point(3).scenario(catalog: Sample.catalog)
    #expect(scenario.options.memoryLimit?.gibibytes == 80)
    #expect(scenario.job.sequenceLength == 128)
    // Eight sequences over eight replicas leave one each, so that only a micro-batch of 1 divides.
    #expect(throws: InputError.self) { try spec.point(4).scenario(catalog: Sample.catalog) }
  }

  @Test func `points with the same scenario share a number, memory limits do not change prices`() throws {
    let axes = """

        - {name: memory, key: options.memory_limit, values: [8GiB, 80GiB]}
        - {key: search.method, values: [dp, bmw]}
        - {key: job.global_batch, values: [8, 16]}
      """
    let spec = try SampleSweep.spec(SampleSweep.text(task: "search", axes: axes))
    #expect((0..<8).map { spec.scenarioNumber(of: $0) } == [0, 1, 0, 1, 2, 3, 2, 3])
    #expect((0..<8).map { spec.pricingNumber(of: $0) } == [0, 1, 0, 1, 0, 1, 0, 1])
    #expect((0..<4).map { spec.point($0).settings.method } == ["dp", "dp", "bmw", "bmw"])
  }

  @Test func `zip changes several keys together, variants have names`() throws {
    let axes = """

        - {name: batch, zip: {job.global_batch: [8, 16], job.micro_batch: [1, 2]}}
        - name: plan
          variants:
            - {name: sharded, set: {plan: {zero: 3}}}
            - {name: pairs, set: {plan.tp: 2, plan.sequence_parallel: true}}
      """
    let spec = try SampleSweep.spec(
      SampleSweep.text(axes: axes, rest: "set: {job.precision: bf16, job.sequence_length: 128}"))
    #expect(spec.axes.map(\.labels) == [["8/1", "16/2"], ["sharded", "pairs"]])
    let scenario = try spec.point(3).scenario(catalog: Sample.catalog)
    #expect(scenario.job.globalBatch == 16)
    #expect(scenario.plan.layers[0].tensorParallel == 2)
    #expect(scenario.plan.microBatches == 2)
  }

  @Test func `lists of numbers are written in three ways`() throws {
    let rest = "search: {global_batches: \"8:24:8\", micro_batches: [1, 2], dimensions: \"pp,tp\"}"
    let spec = try SampleSweep.spec(
      SampleSweep.text(task: "search", axes: "[{key: search.global_batches, values: [8, 12:20:4]}]", rest: rest))
    #expect(spec.point(0).settings.globalBatches == [8])
    #expect(spec.point(1).settings.globalBatches == [12, 16, 20])
    #expect(spec.point(1).settings.microBatches == [1, 2])
    #expect(spec.point(1).settings.dimensions == ["pp", "tp"])
    #expect(CountList.values("8,16") == [8, 16])
    for text in ["", "0", "8:4:1", "8:16", "a", "1,,2", "8:16:0"] { #expect(CountList.values(text) == nil, "\(text)") }
  }

  @Test func `the report has a table and a chart over the axes that are left`() throws {
    let rest = "best_over: [micro_batch]"
    let spec = try SampleSweep.spec(
      SampleSweep.text(axes: Self.twoAxes + "\n  - {key: plan.tp, values: [1, 2]}", rest: rest))
    #expect(spec.reducedAxes == [1])
    #expect(spec.chart == SweepChartSpec(x: 0, lines: 2, isLogX: false, isLogY: false))
    let explicit = try SampleSweep.spec(
      SampleSweep.text(
        axes: Self.twoAxes,
        rest: "table: {rows: memory, columns: micro_batch}\nchart: {x: micro_batch, y_scale: log, x_scale: log}"))
    #expect(explicit.table?.rows == 0 && explicit.table?.columns == 1)
    #expect(explicit.chart == SweepChartSpec(x: 1, lines: 0, isLogX: true, isLogY: true))
  }

  @Test func `what results depend on changes what is computed, the report does not`() throws {
    let plain = try SampleSweep.spec(SampleSweep.text(axes: Self.twoAxes)).computed
    #expect(try SampleSweep.spec(SampleSweep.text(axes: Self.twoAxes, rest: "best_over: [memory]")).computed == plain)
    #expect(try SampleSweep.spec(SampleSweep.text(axes: Self.twoAxes, rest: "set: {plan.tp: 2}")).computed != plain)
    #expect(try SampleSweep.spec(SampleSweep.text(axes: Self.twoAxes, rest: "simulate: {seed: 1}")).computed != plain)
  }
}

/// One sweep file that cannot be used, and a fragment of what people read.
struct BadSweep: Sendable, CustomTestStringConvertible {
  let name: String
  let text: String
  let fragment: String
  var testDescription: String { name }

  init(_ name: String, _ text: String, _ fragment: String) {
    self.name = name
    self.text = text
    self.fragment = fragment
  }

  static func axes(_ name: String, _ axes: String, _ fragment: String) -> BadSweep {
    BadSweep(name, SampleSweep.text(axes: axes), fragment)
  }

  static func rest(_ name: String, _ rest: String, _ fragment: String) -> BadSweep {
    BadSweep(name, SampleSweep.text(axes: "[{name: limit, key: plan.tp, values: [1, 2]}]", rest: rest), fragment)
  }

  static let all = [
    BadSweep("nothing", "schema_version: 1", "grid.yaml:1:1: task: found no such key, expected simulate or search"),
    BadSweep("unknown task", SampleSweep.text(task: "serach", axes: "[]"), "did you mean \"search\"?"),
    rest("unknown key", "axis: 1", "axis: found a key that means nothing here"),
    rest("two sections", "search: {method: bmw}", "found settings of search, expected none"),
    rest(
      "bad setting", "simulate: {network: sharded}", "simulate.network: found \"sharded\", expected ideal or shared"),
    rest("bad seed", "simulate: {seed: -1}", "simulate.seed: found -1"),
    rest("bad set", "set: {optoins.memory_limit: 8GiB}", "did you mean \"options\"?"),
    rest("reduction of all", "best_over: [limit]", "leave at least one axis"),
    rest("reduction of none", "best_over: [limits]", "did you mean \"limit\"?"),
    rest("table without columns", "table: {rows: limit}", "table.columns: found no such key"),
    rest("table of one axis", "table: {rows: limit, columns: limit}", "expected two different axes"),
    rest("bad scale", "chart: {x_scale: lin}", "chart.x_scale: found \"lin\", expected linear or log"),
    axes("no axes", "[]", "axes: found an empty list"),
    axes("no values", "[{key: plan.tp}]", "axes[0]: found no values, expected one of values, zip or variants"),
    axes("two forms", "[{key: plan.tp, values: [1], zip: {plan.tp: [1]}}]", "found values or zip"),
    axes("no key", "[{name: a, values: [1]}]", "expected the key that the values are for"),
    axes("no such section", "[{key: plans.tp, values: [1]}]", "did you mean \"plan\"?"),
    axes("setting of the other task", "[{key: search.method, values: [dp]}]", "expected a key of the scenario"),
    axes("the same value twice", "[{key: plan.tp, values: [1, 2, 1]}]", "axes[0].values: found \"1\" twice"),
    axes("the same name twice", "[{key: plan.tp, values: [1]}, {key: plan.tp, values: [2]}]", "a second axis tp"),
    axes(
      "the same key twice", "[{name: a, key: plan.tp, values: [1]}, {name: b, key: plan.tp, values: [2]}]",
      "a second axis of values for plan.tp"),
    axes("the name of a column", "[{name: verdict, key: plan.tp, values: [1]}]", "results have a column of that name"),
    axes("a name with a slash", "[{name: a/b, key: plan.tp, values: [1]}]", "use letters, digits"),
    axes("lists of two lengths", "[{name: a, zip: {plan.tp: [1], plan.pp: [1, 2]}}]", "lists of one length"),
    axes(
      "a variant without changes", "[{name: a, variants: [{name: x}]}]", "axes[0].variants[0].set: found no such key"),
    axes("a path that is none", "[{key: \"plan..tp\", values: [1]}]", "found the key \"plan..tp\""),
    BadSweep(
      "a missing scenario",
      "schema_version: 1\ntask: simulate\nscenario: nowhere.yaml\naxes: [{key: plan.tp, values: [1]}]",
      "grid.yaml:3:11: scenario: nowhere.yaml: no such file"),
    BadSweep(
      "a bad method", SampleSweep.text(task: "search", axes: "[{key: search.method, values: [bwm]}]"),
      "search.method: found \"bwm\", expected bmw, base or dp; did you mean \"bmw\"?"),
    BadSweep(
      "a bad batch", SampleSweep.text(task: "search", axes: "[{key: search.global_batches, values: [8:0:8]}]"),
      "expected whole numbers above 0"),
  ]
}

@Suite("Sweep files that cannot be used")
struct BadSweepTests {
  @Test(arguments: BadSweep.all)
  func `the problem is named with its place`(bad: BadSweep) {
    do {
      _ = try SampleSweep.spec(bad.text)
      Issue.record("\(bad.name): was read")
    } catch {
      #expect(error.description.contains(bad.fragment), "\(error)")
      #expect(error.problems.allSatisfy { $0.line > 0 })
    }
  }

  @Test func `a value that a scenario refuses is named by its line in the sweep`() throws {
    let text = SampleSweep.text(axes: "\n  - key: options.memory_limit\n    values:\n      - 12apples")
    let spec = try SampleSweep.spec(text)
    do {
      _ = try spec.point(0).scenario(catalog: Sample.catalog)
      Issue.record("was read")
    } catch { #expect(error.description.contains("grid.yaml:7:9: options.memory_limit: found \"12apples\"")) }
  }

  @Test func `a million points is the most`() {
    let values = "[" + (1...1001).map(String.init).joined(separator: ", ") + "]"
    let axes = "[{name: a, key: plan.tp, values: \(values)}, {name: b, key: plan.pp, values: \(values)}]"
    #expect(throws: InputError.self) { try SampleSweep.spec(SampleSweep.text(axes: axes)) }
  }
}
