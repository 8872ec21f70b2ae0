import Foundation
import Hardware
import Parallelism
import Quantities
import Testing
import Workload

@testable import ScenarioIO

@Suite("Scenarios")
struct ScenarioTests {
  @Test func `a uniform plan fills the cluster`() throws {
    let scenario = try Sample.read(Sample.scenario())
    #expect(scenario.name == "test")
    #expect(scenario.cluster.deviceCount == 16)
    #expect(scenario.plan.pipelineParallel == 2)
    #expect(scenario.plan.layersPerStage == [8, 8])
    #expect(scenario.plan.layers.count == 16)
    #expect(scenario.plan.layers.allSatisfy { $0.tensorParallel == 2 && $0.dataParallel == 4 })
    // 64 sequences / (1 sequence x 4 replicas) = 16 micro-batches.
    #expect(scenario.plan.microBatches == 16)
    #expect(scenario.job.gradientFormat == .fp32)
    #expect(scenario.options == ExecutionOptions())
  }

  /// 16 GPUs / 2 stages / tp 2 = dp 4.
  @Test func `data parallelism takes what is left of the stage`() throws {
    let scenario = try Sample.read(Sample.scenario(plan: "{pp: 2, tp: 2, zero: 3, recompute: full}"))
    #expect(scenario.plan.layers.allSatisfy { $0.dataParallel == 4 && $0.zero == .parameters && $0.recompute == .full })
    #expect(scenario.plan.embedding.recompute == .none)
    #expect(scenario.plan.embedding.zero == .parameters)
  }

  @Test func `no plan means plain data parallelism`() throws {
    let text = """
      schema_version: 1
      model: test-llama
      cluster: {name: test-node, nodes: 1}
      job: {global_batch: 5e2, sequence_length: 1024, precision: fp32, micro_batch: 1}
      """
    let failure = Sample.failure(text)
    // 500 sequences do not divide over 8 replicas; 512 do.
    #expect(failure?.description.contains("does not divide global_batch 500") == true)
    let scenario = try Sample.read(text, overrides: ["job.global_batch=512"])
    #expect(scenario.plan.layers.first?.dataParallel == 8)
    #expect(scenario.job.gradientFormat == .fp32)
  }

  @Test func `a plan can be written layer by layer`() throws {
    let plan = "{pp: 2, micro_batches: 4, layers: [8*tp2-dp4, {count: 7, tp: 4, zero: 2}, tp1-dp8-z3]}"
    let job = BadInputTests.bareJob
    let scenario = try Sample.read(Sample.scenario(job: job, plan: plan))
    #expect(scenario.plan.layers.map(\.tensorParallel) == Array(repeating: 2, count: 8) + [4, 4, 4, 4, 4, 4, 4, 1])
    #expect(scenario.plan.layers[8].dataParallel == 2)
    #expect(scenario.plan.embedding.tensorParallel == 2)
    #expect(scenario.plan.head.tensorParallel == 1)
    #expect(scenario.plan.microBatches == 4)
  }

  @Test func `embedding and head can have their own strategies`() throws {
    let plan = "{pp: 2, tp: 2, embedding: tp4-dp2, head: {tp: 8}}"
    let scenario = try Sample.read(Sample.scenario(plan: plan))
    #expect(scenario.plan.embedding.tensorParallel == 4)
    #expect(scenario.plan.head.tensorParallel == 8)
    #expect(scenario.plan.head.dataParallel == 1)
  }

  /// Strides are products of what lies inside the pipeline: tp 2 x cp 2 = 4, and tp 2 alone.
  @Test(
    arguments: [
      ("tp-cp-dp-pp", 2, nil), ("tp-cp-ep-dp-pp", 2, nil), ("tp-cp-pp-dp", 2, 4), ("tp-pp-dp", 1, 2),
      ("tp-pp-cp-dp", 1, 2),
    ] as [(String, Int, Int?)])
  func `the order of dimensions decides the stride of the pipeline`(order: String, context: Int, stride: Int?) throws {
    let scenario = try Sample.read(Sample.scenario(plan: "{pp: 2, tp: 2, cp: \(context), order: \(order)}"))
    #expect(scenario.plan.rankOrder.pipelineStride == stride)
  }

  @Test func `interleaving is the default of several virtual stages`() throws {
    let scenario = try Sample.read(Sample.scenario(plan: "{pp: 2, vpp: 2, tp: 2}"))
    #expect(scenario.plan.schedule == .named("interleaved-1f1b"))
    #expect(scenario.plan.layersPerStage == [4, 4, 4, 4])
  }

  /// 10 = 2+3+3+2, 11 over 4: remainder 3 begins at (4 - 3) / 2 = 0.
  @Test func `the remainder of an even split goes to the middle`() {
    #expect(StageSplit.even(blocks: 10, stages: 4) == [2, 3, 3, 2])
    #expect(StageSplit.even(blocks: 11, stages: 4) == [3, 3, 3, 2])
    #expect(StageSplit.even(blocks: 5, stages: 4) == [1, 2, 1, 1])
    #expect(StageSplit.even(blocks: 2, stages: 4) == [0, 1, 1, 0])
  }

  @Test func `every even split keeps every block`() {
    for blocks in 0...40 {
      for stages in 1...12 {
        let split = StageSplit.even(blocks: blocks, stages: stages)
        #expect(split.reduce(0, +) == blocks && split.count == stages)
        #expect((split.max() ?? 0) - (split.min() ?? 0) <= 1)
      }
    }
  }

  @Test func `options are read in their units`() throws {
    let rest = """
      options: {attention: unfused, dropout: true, gradient_bucket: 25MB, gradient_reduction: last_micro_batch,
        prefetch_layers: 2, memory_limit: 8GiB, communication_buffers: 0B, clip_gradients: false}
      """
    let options = try Sample.read(Sample.scenario(rest: rest)).options
    #expect(options.attention == .unfused && options.dropout && !options.clipsGradients)
    #expect(options.gradientBucket == Bytes(25_000_000))
    #expect(options.gradientReduction == .lastMicroBatch && options.prefetchLayers == 2)
    #expect(options.memoryLimit == .gibibytes(8) && options.communicationBuffers == .zero)
  }

  @Test func `overrides replace, add and index`() throws {
    let text = Sample.scenario(plan: "{pp: 2, tp: 2, stages: [8, 8]}")
    let overrides = [
      "plan.stages[0]=7", "plan.stages[1]=9", "options.dropout=true", "cluster=test-node x 4", "name=other",
    ]
    let scenario = try Sample.read(text, overrides: overrides)
    #expect(scenario.plan.layersPerStage == [7, 9])
    #expect(scenario.options.dropout && scenario.cluster.nodes == 4 && scenario.name == "other")
    #expect(scenario.plan.layers.first?.dataParallel == 8)
  }

  @Test func `JSON and YAML with anchors say the same`() throws {
    let yaml = Sample.scenario(plan: "&p {pp: 2, tp: 2, embedding: &e {tp: 2}, head: {<<: *e}}")
    let json = """
      {"schema_version": 1, "model": "test-llama", "cluster": "test-node x 2",
       "job": {"global_batch": 64, "sequence_length": 1024, "precision": "bf16", "micro_batch": 1},
       "plan": {"pp": 2, "tp": 2, "embedding": {"tp": 2}, "head": {"tp": 2}}}
      """
    #expect(try Sample.read(yaml) == Sample.read(json))
  }

  @Test func `references start from the folder of the file that names them`() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    _ = try folder.write("config.json", Sample.configuration)
    _ = try folder.write("cluster.yaml", "kind: cluster\nname: mine\nbase: test-node\nnodes: 2\n")
    let path = try folder.write("run.yaml", Sample.scenario(model: "config.json", cluster: "cluster.yaml"))
    let scenario = try ScenarioFile.load(path: path, catalog: Sample.catalog)
    #expect(scenario.name == "run" && scenario.model.name == "config" && scenario.cluster.name == "mine")
    #expect(scenario.cluster.deviceCount == 16)
  }

  @Test func `a Galvatron plan is laid out and its batch must agree`() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let ones = Array(repeating: "1", count: 16).joined(separator: ",")
    let twos = Array(repeating: "2", count: 16).joined(separator: ",")
    let zeros = Array(repeating: "0", count: 16).joined(separator: ",")
    _ = try folder.write(
      "plan.json",
      """
      {"pp_deg": 2, "tp_sizes_enc": "\(twos)", "tp_consecutive_flags": "\(ones)", "dp_types_enc": "\(zeros)",
       "use_sp": "\(zeros)", "checkpoint": "\(zeros)", "global_bsz": 64, "chunks": 4, "pp_division": "8,8",
       "pipeline_type": "pipedream_flush", "default_dp_type": "ddp", "vtp": 2, "vsp": 0, "embed_sdp": 0}
      """)
    let text = Sample.scenario(job: BadInputTests.bareJob, plan: "{galvatron: plan.json}")
    let path = try folder.write("run.yaml", text)
    let scenario = try ScenarioFile.load(path: path, catalog: Sample.catalog)
    #expect(scenario.plan.microBatches == 4 && scenario.plan.layersPerStage == [8, 8])
    #expect(scenario.plan.layers.allSatisfy { $0.tensorParallel == 2 && $0.dataParallel == 4 })
    let error = #expect(throws: InputError.self) {
      try ScenarioFile.load(path: path, overrides: ["job.global_batch=32"], catalog: Sample.catalog)
    }
    #expect(error?.description.contains("expected 64, the global_bsz") == true)
    let plan = try GalvatronPlanFile.load(path: folder.path + "/plan.json")
    let written = try folder.write("again.json", GalvatronPlanFile.text(plan))
    #expect(try GalvatronPlanFile.load(path: written) == plan)
  }

  @Test func `the resolved text depends on values, not on how they were written`() throws {
    let short = try Sample.read(Sample.scenario())
    let long = try Sample.read(
      Sample.scenario(cluster: "{name: test-node, nodes: 2}", plan: "{pp: 2, tp: 2}", rest: "options: {dropout: false}")
    )
    #expect(short.resolvedText == long.resolvedText)
    let parsed = try SourceDocument.parse(short.resolvedText, source: SourceFile(name: "resolved", directory: nil))
    #expect(parsed.root["cluster"]?["device"]?["memory_capacity"]?.text == "80GiB")
  }
}

@Suite("Shipped runs")
struct ShippedRunTests {
  /// The files of `Scenarios/runs` beside the tests; none in a checkout without them.
  static let paths: [String] = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Scenarios/runs")
    let files = try? FileManager.default.contentsOfDirectory(at: root, includingPropertiesForKeys: nil)
    return (files ?? []).map { $0.path }.filter { $0.hasSuffix(".yaml") }.sorted()
  }()

  @Test(.enabled(if: !paths.isEmpty), arguments: paths)
  func `every shipped run can be read`(path: String) throws {
    let scenario = try ScenarioFile.load(path: path)
    #expect(path.hasSuffix("/\(scenario.name).yaml"))
    #expect(scenario.plan.layers.count == scenario.model.blocks.count)
  }
}

@Suite("Catalogue")
struct CatalogTests {
  @Test func `every kind is found by name, with its provenance`() throws {
    let device = try Sample.catalog.device(named: "test-gpu")
    #expect(device.memoryCapacity == .gibibytes(80) && device.multiprocessors == 100)
    #expect(device.provenance["peak.bf16"] == Provenance(.assumed, "test"))
    #expect(device.gemmEfficiency.points.count == 2)
    // 200 Gb/s = 25 GB/s.
    #expect(try Sample.catalog.link(named: "test-network").bandwidth == .gigabytesPerSecond(25))
    #expect(try Sample.catalog.cluster(named: "test-node x 128").deviceCount == 1024)
    #expect(try Sample.catalog.model(named: "test-llama").model(sequenceLength: 128).blocks.count == 16)
    #expect(Sample.catalog.names(.link) == ["test-network", "test-nvlink", "test-pcie"])
    #expect(Sample.catalog.entries(.cluster).last?.provenance == "for tests")
  }

  @Test func `an unknown name brings the nearest one`() {
    let error = #expect(throws: InputError.self) { try Sample.catalog.device(named: "test-gpus") }
    #expect(error?.problems.first?.suggestion == "test-gpu")
  }

  @Test func `every built-in file can be read`() throws {
    let catalog = Catalog.builtIn
    for name in catalog.names(.device) { #expect(try catalog.device(named: name).name == name) }
    for name in catalog.names(.link) { #expect(try catalog.link(named: name).name == name) }
    for name in catalog.names(.cluster) { #expect(try catalog.cluster(named: name).name == name) }
    for name in catalog.names(.model) { #expect(try catalog.model(named: name).name == name) }
  }
}
