import Costing
import Parallelism
import Planning
import ScenarioIO
import Testing

@Suite("Estimates of the VLDB paper's code")
struct VLDBEstimateTests {
  private func costs(_ row: PublishedEstimate) throws -> VLDBCostModel {
    VLDBCostModel(
      model: try row.profile(), hardware: try VLDBProfileFile.hardware(folder: SharedData.path(""), devices: 8))
  }

  /// The published numbers have four decimals.
  @Test(.enabled(if: SharedData.isPresent))
  func `all 256 rows come out: throughput, batch, stages, and what does not fit`() throws {
    let rows = try PublishedEstimate.all()
    #expect(rows.count == 256)
    for row in rows {
      var search = try row.search(costs(row))
      let best = search.best(memory: row.memory)
      let name = Comment(rawValue: "\(row.model) \(row.memory) \(row.method)")
      guard let result = row.result else {
        #expect(best == nil, name)
        continue
      }
      let found = try #require(best, name)
      #expect(abs(found.throughput / result.throughput - 1) < 1e-4, name)
      #expect(found.pipeline == result.pipeline, name)
      // Pure tensor parallelism is as fast at every batch size, up to the last bit, which picks one.
      let same = found.globalBatch == result.batch ? found : search.plan(globalBatch: result.batch, memory: row.memory)
      let plan = try #require(same, name)
      #expect(plan == found || abs(plan.throughput / found.throughput - 1) < 1e-12, name)
      #expect(Self.isSamePlan(plan, result, search), name)
    }
  }

  /// The same strategies, or others at the same cost.
  private static func isSamePlan(
    _ plan: VLDBPlan, _ result: PublishedEstimate.Result, _ search: VLDBSearch
  ) -> Bool {
    let own = plan.stages.map { $0.map { $0.galvatronText(pipeline: plan.pipeline) } }
    let published = result.stages.count == own.count ? result.stages : own.map { _ in result.stages[0] }
    if own == published { return true }
    guard let stage = search.space.stages.first(where: { $0.pipeline == plan.pipeline }) else { return false }
    let names = stage.strategies.map { $0.galvatronText(pipeline: plan.pipeline) }
    let problem = search.problem(stage, globalBatch: plan.globalBatch)
    var first = 0
    var time = 0.0
    for words in published {
      let choice = words.compactMap { names.firstIndex(of: $0) }
      guard choice.count == words.count else { return false }
      time += problem.part(first..<first + choice.count).cost(of: choice).time
      first = search.costs.model.layers.count == 1 ? 0 : first + choice.count
    }
    return abs(time / plan.iterationTime - 1) < 1e-12
  }

  @Test(
    .enabled(if: SharedData.isPresent),
    arguments: [
      ("BERT-Huge-32", 8, "bert/galvatron_config_8gpus_1280hidden_32layers_8G_full.json"),
      ("BERT-Huge-32", 12, "bert/galvatron_config_8gpus_1280hidden_32layers_12G_full.json"),
      ("Swin-Huge-32(2/2/26/2)", 8, "swin/galvatron_config_8gpus_320embeddim_2_2_26_2_layers_8G_full.json"),
      ("Swin-Huge-32(2/2/26/2)", 12, "swin/galvatron_config_8gpus_320embeddim_2_2_26_2_layers_12G_full.json"),
    ])
  func `four plans that the authors ship come out byte for byte`(model: String, gigabytes: Int, file: String) throws {
    let row = try #require(
      try PublishedEstimate.all().first {
        $0.model == model && $0.memory == gigabytes * 1024 && $0.method == "full"
      })
    let costs = try costs(row)
    var search = VLDBSearch(costs: costs, method: .galvatron)
    let found = search.best(memory: row.memory)
    let plan = try #require(found)
    #expect(search.statistics.dynamicPrograms > 0 && search.statistics.plansScored > 0)
    let text = GalvatronPlanFile.galvatronText(GalvatronPlan(plan, costs: costs))
    #expect(text == (try SharedData.text("vldb2022/" + file)))
  }

  /// Figures the authors' 16-GPU code gives for T5-Large-32 in 16 GB: all strategies 33.12 samples/s, the smaller space of
  /// data and pipeline parallelism 33.91, because the larger space changes the greedy partition from 19|13 to 20|12.
  @Test(.enabled(if: SharedData.isPresent))
  func `the anomaly of T5-Large-32 on 16 GPUs comes out`() throws {
    let models = try VLDBProfileFile.models(folder: SharedData.path(""))
    let costs = try twoNodeCosts(models)
    let full = try best(costs, .galvatron)
    let small = try best(costs, .dataPipeline)
    #expect(abs(full.throughput - 33.12) < 0.005)
    #expect(abs(small.throughput - 33.91) < 0.005)
    #expect(full.stages.map(\.count) == [20, 12] && small.stages.map(\.count) == [19, 13])
  }

  /// T5-Large-32 on two nodes, as in the case of the anomaly.
  private func twoNodeCosts(_ models: [VLDBModelProfile]) throws -> VLDBCostModel {
    var profile = try #require(models.first { $0.family == .t5 })
    for index in profile.layers.indices { profile.layers[index].count = 16 }
    return VLDBCostModel(
      model: profile, hardware: try VLDBProfileFile.hardware(folder: SharedData.path(""), devices: 16))
  }

  private func best(_ costs: VLDBCostModel, _ method: SearchMethod) throws -> VLDBPlan {
    var search = VLDBSearch(costs: costs, method: method)
    let plan = search.best(memory: 16 * 1024)
    return try #require(plan)
  }

  /// With the best partition of all the larger space cannot lose: the anomaly is gone, and no method of a part of the space
  /// is faster.
  @Test(.enabled(if: SharedData.isPresent))
  func `the best partition repairs the anomaly`() throws {
    let costs = try twoNodeCosts(try VLDBProfileFile.models(folder: SharedData.path("")))
    var whole = VLDBSearch(costs: costs, method: .bmw)
    for batch in [16, 32, 48] {
      let best = whole.plan(globalBatch: batch, memory: 16 * 1024)?.iterationTime ?? .infinity
      for method in SearchMethod.allCases where method != .bmw {
        var search = VLDBSearch(costs: costs, method: method)
        let time = search.plan(globalBatch: batch, memory: 16 * 1024)?.iterationTime ?? .infinity
        #expect(best <= time * (1 + 1e-12), "\(method), batch \(batch)")
      }
      // Part of the space, its own best partition.
      let part = StrategySpace(
        stages: whole.space.stages.map { stage in
          .init(pipeline: stage.pipeline, strategies: stage.strategies.filter { $0.tensorParallel == 1 })
        })
      var small = VLDBSearch(costs: costs, space: part, method: .bmw)
      let time = small.plan(globalBatch: batch, memory: 16 * 1024)?.iterationTime ?? .infinity
      #expect(best <= time * (1 + 1e-12), "batch \(batch)")
    }
    let full = try best(costs, .bmw)
    #expect(full.throughput >= 33.91)
  }
}
