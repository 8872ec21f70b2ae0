import Costing
import Parallelism
import Planning
import ScenarioIO
import Testing

@Suite("Hetu-Galvatron 2.4.1")
struct GalvatronSearchTests {
  /// The model of the search test of the project's own test-suite: 28 layers of Llama size, 8,192 tokens.
  private func fixture() throws -> GalvatronCostModel {
    let folder = "main-test-fixtures/"
    let shape = GalvatronModelFile.LayerShape(count: 28, hiddenSize: 4096, sequenceLength: 8192)
    let model = try GalvatronModelFile.load(
      computation: SharedData.path(folder + "sequence_time_config.json"),
      memory: SharedData.path(folder + "sequence_memory_config_sp.json"), shapes: [shape], timeMode: .sequence,
      memoryMode: .sequence)
    var training = GalvatronTraining()
    training.reducesAsynchronously = false
    return GalvatronCostModel(model: model, hardware: try FixtureHardware.load(), training: training)
  }

  /// llama2-7b as shipped: 2,048 tokens, 12 batch sizes, 8 GPUs.
  private func llama() throws -> GalvatronCostModel {
    let shape = GalvatronModelFile.LayerShape(count: 32, hiddenSize: 4096, sequenceLength: 2048)
    let model = try GalvatronModelFile.load(
      computation: SharedData.path("main/computation_profiling_bf16_llama2-7b_all.json"),
      memory: SharedData.path("main/memory_profiling_bf16_llama2-7b_all.json"), shapes: [shape])
    let paths = GalvatronHardwareFile.Paths(
      allReduce: try SharedData.path("main/allreduce_bandwidth_1nodes_8gpus_per_node.json"),
      pointToPoint: try SharedData.path("main/p2p_bandwidth_1nodes_8gpus_per_node.json"),
      overlap: try SharedData.path("main/overlap_coefficient.json"),
      messages: try SharedData.path("main/sp_time_1nodes_8gpus_per_node.json"))
    return GalvatronCostModel(
      model: model, hardware: try GalvatronHardwareFile.load(paths, devices: 8), training: GalvatronTraining())
  }

  private func runs(_ plan: GalvatronSearchPlan) -> String {
    var runs: [(word: String, count: Int)] = []
    for word in plan.layers.map({ $0.galvatronText(pipeline: plan.division.count) }) {
      if runs.last?.word == word { runs[runs.count - 1].count += 1 } else { runs.append((word, 1)) }
    }
    return runs.map { "\($0.count) x \($0.word)" }.joined(separator: ", ")
  }

  /// Expected values: `test_parallelsim_optimization[0]` of tests/search_engine.
  @Test(.enabled(if: SharedData.isPresent))
  func `the end-to-end search test of the project passes`() throws {
    var search = GalvatronSearch(costs: try fixture())
    let foundPlan = search.best(globalBatches: [64], microBatches: [32], memory: 36 * 1024)
    let plan = try #require(foundPlan)
    #expect(abs(plan.throughput - 2.6485091403918064) < 1e-6)
    #expect(plan.division == [28])
    #expect(runs(plan) == "14 x 1-4*-2f-c, 12 x 1-4*-2f, 2 x 1-4*-2")
    #expect(plan.edge.tensorParallel == 8 && plan.edge.ulysses == 1 && plan.edge.zero != .parameters)
  }

  /// Expected values: the second case of the same test, all layers alike.
  @Test(.enabled(if: SharedData.isPresent))
  func `so does its coarse-grained case`() throws {
    var search = GalvatronSearch(costs: try fixture())
    search.isLayerwise = false
    let foundPlan = search.best(globalBatches: [64], microBatches: [8], memory: 36 * 1024)
    let plan = try #require(foundPlan)
    #expect(abs(plan.throughput - 2.5246283459057333) < 1e-6)
    #expect(runs(plan) == "28 x 1-1-8f-c")
    #expect(plan.edge.dataParallel == 8 && plan.edge.zero == .parameters)
  }

  /// The estimate the authors' code prints for it is 1.086046 s.
  @Test(.enabled(if: SharedData.isPresent))
  func `the shipped plan of llama2-7b for 36 GB comes out byte for byte`() throws {
    let costs = try llama()
    var search = GalvatronSearch(costs: costs)
    let foundPlan = search.best(globalBatches: [16], memory: 36 * 1024)
    let plan = try #require(foundPlan)
    #expect(abs(plan.iterationTime - 1.086046) < 1e-6)
    let text = GalvatronPlanFile.galvatronText(GalvatronPlan(plan, training: costs.training))
    #expect(text == (try SharedData.text("main/galvatron_config_llama2-7b_1nodes_8gpus_per_node_36GB_bf16.json")))
  }

  /// Seconds that the authors' code prints for 64 samples in 8 micro-batches.
  @Test(.enabled(if: SharedData.isPresent))
  func `estimates of other searches come out`() throws {
    var fine = GalvatronSearch(costs: try llama())
    let foundPlan = fine.best(globalBatches: [64], microBatches: [8], memory: 36 * 1024)
    let plan = try #require(foundPlan)
    #expect(abs(plan.iterationTime - 4.5576) < 1e-4)
    fine.isLayerwise = false
    let foundUniform = fine.best(globalBatches: [64], microBatches: [8], memory: 36 * 1024)
    let uniform = try #require(foundUniform)
    #expect(abs(uniform.iterationTime - 5.0331) < 1e-4)
  }

  /// Under the release's own costs: what lies between the balanced partitions is never slower than either, nor than the
  /// even split.
  @Test(.enabled(if: SharedData.isPresent))
  func `balanced partitions under the release's costs`() throws {
    let costs = try llama()
    var times: [SearchMethod: Double] = [:]
    for method in [SearchMethod.base, .memoryBalanced, .timeBalanced, .bmw] {
      var search = GalvatronSearch(costs: costs, method: method, dimensions: [.pipeline, .zero2, .tensor, .checkpoint])
      let plan = search.best(globalBatches: [16], microBatches: [8], memory: 20 * 1024)
      times[method] = plan?.iterationTime
      if let plan {
        #expect(plan.division.reduce(0, +) == 32 && plan.memory.allSatisfy { $0 <= 20 * 1024 })
        #expect(plan.steps.count == plan.division.count && search.statistics.dynamicPrograms > 0)
      }
    }
    let best = try #require(times[.bmw])
    for (method, time) in times { #expect(best <= time * (1 + 1e-12), "\(method)") }
    #expect(times.count == 4)
  }

  /// Release 1.0.0 wrote one number for embedding and head, and one time a layer; files are named by width.
  @Test(.enabled(if: SharedData.isPresent))
  func `profiles of release 1.0.0 are read and searched`() throws {
    let model = try Catalog.builtIn.model(named: "bert-huge-32").model(sequenceLength: 512)
    let folder = try GalvatronProfileFolder(path: SharedData.path("v1/bert"))
    let profile = try folder.profile(model: model, precision: "bf16", sequenceParallel: false)
    let layer = try #require(profile.layers.first)
    #expect(profile.layers.count == 1 && layer.count == 32 && layer.parameters == 75.26953125)
    #expect(layer.activations[4] == 10.334869384765625 && layer.checkpoint == 1.2509765625)
    #expect(layer.forward.value(at: 2) == 2 * 0.5158092578252157)
    #expect(profile.whole.states[1] == 1388 && profile.last.activation[8] == 86.88845825195312)
    var training = GalvatronTraining()
    training.isSequenceParallel = false
    let costs = GalvatronCostModel(model: profile, hardware: try llama().hardware, training: training)
    var search = GalvatronSearch(costs: costs, method: .bmw, dimensions: [.pipeline, .zero2, .tensor, .checkpoint])
    let plan = search.best(globalBatches: [64], microBatches: [4], memory: 16 * 1024)
    #expect(try #require(plan).memory.allSatisfy { $0 <= 16 * 1024 })
  }

  /// The list of `test_generate_strategies`, in its order within a pipeline degree.
  @Test func `eight GPUs have fifty strategies`() {
    var options = SpaceOptions(dimensions: GalvatronSearch.dimensions)
    options.allowsStrided = false
    let space = StrategySpace(devices: 8, options: options)
    #expect(space.count == 50)
    let first = space.stages[0].strategies.map { $0.galvatronText(pipeline: 1) }
    #expect(first.prefix(4) == ["1-1-8", "1-1-8-c", "1-1-8f", "1-1-8f-c"])
    #expect(first[4..<8] == ["1-2*-4-sp", "1-2*-4-c-sp", "1-2*-4f-sp", "1-2*-4f-c-sp"])
    #expect(space.stages[3].strategies.map { $0.galvatronText(pipeline: 8) } == ["8-1-1", "8-1-1-c"])
  }
}

/// The hardware profile of the project's search tests: one JSON file that holds what are four files elsewhere.
enum FixtureHardware {
  static func load() throws -> GalvatronHardware {
    let document = try SourceDocument.load(path: SharedData.path("main-test-fixtures/hardware_configs.json"))
    var numbers: [String: Double] = [:]
    for section in document.root.entries {
      for entry in section.value.entries { numbers[entry.key] = Double(entry.value.written) }
    }
    var hardware = GalvatronHardware(
      devices: 8, allReduce: [:], overlapSlowdown: try #require(numbers["overlap_coe"]))
    for ranks in [2, 4, 8] {
      for flag in [0, 1] {
        guard let rate = numbers["allreduce_size_\(ranks)_consec_\(flag)"] else { continue }
        hardware.allReduce[.init(ranks: ranks, isConsecutive: flag == 1)] = 1 / rate
      }
      hardware.pointToPoint[ranks] = 1 / (try #require(numbers["pp_size_\(ranks)"]))
      let sizes = (0...10).map { 1 << $0 }
      let table = { (operation: String, factor: Double) in
        MessageTimes(
          points: sizes.compactMap { size in
            numbers["\(operation)_size_\(ranks)_\(size)MB_time"].map { (Double(size), $0 * factor) }
          })
      }
      hardware.allGather[ranks] = table("allreduce", 0.5)
      hardware.allToAll[ranks] = table("all2all", 1)
    }
    return hardware
  }
}
