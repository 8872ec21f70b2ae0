import Foundation
import Parallelism
import TestSupport
import Testing

@Suite("Galvatron plans")
struct GalvatronPlanTests {
  static let files = SharedData.files(under: "galvatron", prefix: "galvatron_config_")

  /// The entries of a JSON object with whole numbers and texts.
  private func fields(_ path: String) throws -> [GalvatronPlan.Field] {
    let object = try JSONSerialization.jsonObject(with: Data(try SharedData.text(path).utf8))
    let entries = try #require(object as? [String: Any]).sorted { $0.key < $1.key }
    return entries.compactMap { key, value in
      if let text = value as? String { return .init(key: key, value: .text(text)) }
      return (value as? Int).map { .init(key: key, value: .integer($0)) }
    }
  }

  /// `..._8gpus_...` or `..._1nodes_8gpus_per_node_...`.
  private func devices(_ path: String) throws -> Int {
    let name = try #require(path.split(separator: "/").last)
    let numbers = { (unit: String) -> Int? in
      name.split(separator: "_").first { $0.hasSuffix(unit) }.flatMap { Int($0.dropLast(unit.count)) }
    }
    return (numbers("nodes") ?? 1) * (try #require(numbers("gpus")))
  }

  @Test(.enabled(if: SharedData.isPresent)) func `there are plans to read`() { #expect(Self.files.count == 17) }

  @Test(.enabled(if: SharedData.isPresent), arguments: files)
  func `a shipped plan is written as it was read`(path: String) throws {
    let fields = try fields(path)
    let written = try GalvatronPlan(fields: fields).fields
    #expect(written.sorted { $0.key < $1.key } == fields)
  }

  @Test(.enabled(if: SharedData.isPresent), arguments: files)
  func `a shipped plan can run`(path: String) throws {
    let galvatron = try GalvatronPlan(fields: try fields(path))
    let devices = try devices(path)
    let plan = try ParallelPlan(galvatron: galvatron, devices: devices)
    let layer = LayerLimits(sequenceLength: 512)
    let limits = ModelLimits(
      blocks: .init(repeating: layer, count: plan.layers.count), embedding: layer, head: layer)
    #expect(plan.violations(limits: limits, globalBatch: galvatron.globalBatch, devices: devices) == [])
    let back = try GalvatronPlan(plan: plan, globalBatch: galvatron.globalBatch)
    #expect(try ParallelPlan(galvatron: back, devices: devices) == plan)
  }

  @Test(.enabled(if: SharedData.isPresent))
  func `the llama2-7b plan says what its file says`() throws {
    let path = "galvatron/main/galvatron_config_llama2-7b_1nodes_8gpus_per_node_36GB_bf16.json"
    let plan = try ParallelPlan(galvatron: try GalvatronPlan(fields: try fields(path)), devices: 8)
    #expect(plan.text == "pp1 vpp1 mb1 1f1b | 32 | 20*dp8-z3-ckpt 12*dp8-z3 | embed ul2-dp4-z3 | head ul2-dp4-z3")
  }

  /// The only shipped plan with a strided layer; 16 sequences per rank in 3 parts: 6, 6, 4.
  @Test(.enabled(if: SharedData.isPresent))
  func `the Swin plan of the VLDB release runs GPipe with uneven micro-batches`() throws {
    let path = "galvatron/vldb2022/swin/galvatron_config_8gpus_320embeddim_2_2_26_2_layers_12G_full.json"
    let galvatron = try GalvatronPlan(fields: try fields(path))
    let plan = try ParallelPlan(galvatron: galvatron, devices: 8)
    #expect(
      plan.text
        == "pp2 vpp1 mb3 gpipe | 11,21 | 11*dp4 1*tp2-dp2-strided 17*dp4 1*dp4-z3 2*tp4 | embed dp4 | head dp4")
    #expect(try plan.microBatching(globalBatch: galvatron.globalBatch).sizes == [24, 24, 16])
  }

  let seven: [GalvatronPlan.Field] = [
    .init(key: "pp_deg", value: .integer(2)), .init(key: "tp_sizes_enc", value: .text("2,4,1")),
    .init(key: "tp_consecutive_flags", value: .text("1,1,0")), .init(key: "dp_types_enc", value: .text("0,1,0")),
    .init(key: "global_bsz", value: .integer(8)), .init(key: "chunks", value: .integer(4)),
    .init(key: "use_sp", value: .text("0,1,0")),
  ]

  /// 3 layers over 2 stages without a division: 1 and 2.
  @Test func `fields that are left out mean what they meant before they existed`() throws {
    let plan = try ParallelPlan(galvatron: try GalvatronPlan(fields: seven), devices: 8)
    #expect(plan.text == "pp2 vpp1 mb4 gpipe | 1,2 | 1*tp2-dp2 1*ul4-z3 1*dp4-strided | embed dp4 | head dp4")
  }

  @Test func `newer fields change what the older ones mean`() throws {
    let newer: [GalvatronPlan.Field] = [
      .init(key: "default_dp_type", value: .text("zero2")),
      .init(key: "pipeline_type", value: .text("pipedream_flush")),
      .init(key: "cp_sizes_enc", value: .text("2,1,1")), .init(key: "vtp", value: .integer(2)),
      .init(key: "vocab_sdp", value: .integer(1)), .init(key: "checkpoint", value: .text("1,0,0")),
    ]
    let plan = try ParallelPlan(
      galvatron: try GalvatronPlan(fields: seven + newer), devices: 8, sequenceParallel: true)
    #expect(
      plan.text == "pp2 vpp1 mb4 1f1b | 1,2 | 1*tp2-cp2-sp-z2-ckpt 1*ul4-z3 1*dp4-z2-strided "
        + "| embed tp2-dp2-sp-z3 | head tp2-dp2-sp-z3")
  }

  @Test func `every expressible plan comes back from Galvatron's fields`() throws {
    var generator = SeededGenerator(seed: 6)
    for _ in 0..<200 {
      let plain: ZeroStage = Bool.random(using: &generator) ? .none : .gradients
      var strategies = (0..<4).map { _ in
        var strategy = LayerStrategy()
        let degree = [1, 2, 4].randomElement(using: &generator) ?? 1
        if Bool.random(using: &generator) { strategy.tensorParallel = degree } else { strategy.ulysses = degree }
        strategy.contextParallel = [1, 2].randomElement(using: &generator) ?? 1
        strategy.dataParallel = 8 / degree / strategy.contextParallel
        strategy.zero = Bool.random(using: &generator) ? .parameters : plain
        strategy.recompute = Bool.random(using: &generator) ? .full : .none
        strategy.isConsecutive = Bool.random(using: &generator)
        return strategy
      }
      let end = strategies.removeLast()
      var ends = end
      ends.recompute = .none
      ends.isConsecutive = true
      let plan = ParallelPlan(
        pipelineParallel: 2, virtualStages: 1, layersPerStage: [1, 2], layers: strategies, embedding: ends, head: ends,
        microBatches: 2, schedule: .named("1f1b"))
      let galvatron = try GalvatronPlan(plan: plan, globalBatch: 64)
      #expect(try ParallelPlan(galvatron: galvatron, devices: 16) == plan)
      #expect(try GalvatronPlan(fields: galvatron.fields) == galvatron)
    }
  }

  @Test func `what Galvatron cannot hold is named`() throws {
    let cases = [
      ("pp1 vpp2 mb1 1f1b | 1 | dp8 | embed dp8 | head dp8", "vpp"),
      ("pp1 vpp1 mb1 zb | 1 | dp8 | embed dp8 | head dp8", "schedule"),
      ("pp1 vpp1 mb1 1f1b | 1 | dp8-sel | embed dp8 | head dp8", "layers[0]"),
      ("pp1 vpp1 mb1 1f1b | 1 | dp8 | embed dp8 | head tp8", "head"),
      ("pp1 vpp1 mb1 1f1b | 2 | dp8 dp8-z2 | embed dp8-z3 | head dp8-z3", "layers[1]"),
      ("pp1 vpp1 mb1 1f1b | 1 | dp8-z1 | embed dp8 | head dp8", "layers[0]"),
      ("pp2 vpp1 mb1 1f1b | 1,0 | dp8 | embed dp8 | head dp8 | stride 2", "rank_order.stride"),
    ]
    for (text, expected) in cases {
      let plan = try ParallelPlan(text: text)
      let error = #expect(throws: GalvatronPlanError.self) { try GalvatronPlan(plan: plan, globalBatch: 8) }
      #expect(error?.description.hasPrefix("\(expected): Galvatron plans cannot hold") == true)
    }
  }

  @Test func `unreadable fields are named`() {
    let cases: [([GalvatronPlan.Field], GalvatronPlanError)] = [
      (Array(seven.dropFirst()), .missing(key: "pp_deg")),
      (seven + [seven[0]], .repeated(key: "pp_deg")),
      (seven + [.init(key: "vsp", value: .text("1"))], .wrongKind(key: "vsp", expected: "a whole number")),
      (
        seven + [.init(key: "checkpoint", value: .text("1,2,0"))],
        .badEntry(key: "checkpoint", index: 1, found: "2", expected: "0 or 1")
      ),
      (seven + [.init(key: "pp_division", value: .text("3"))], .listLength(key: "pp_division", found: 1, expected: 2)),
    ]
    for (fields, error) in cases { #expect(throws: error) { try GalvatronPlan(fields: fields) } }
  }

  @Test func `a plan for other devices is refused`() throws {
    let plan = try GalvatronPlan(fields: seven)
    #expect(throws: GalvatronPlanError.notDivisible(path: "layer 1", product: 4, stageSize: 2)) {
      try ParallelPlan(galvatron: plan, devices: 4)
    }
    var sized = plan
    sized.worldSize = 16
    #expect(throws: GalvatronPlanError.devices(found: 16, expected: 8)) {
      try ParallelPlan(galvatron: sized, devices: 8)
    }
  }
}
