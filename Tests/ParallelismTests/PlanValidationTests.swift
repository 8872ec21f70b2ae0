import Parallelism
import Testing

@Suite("Plan validation")
struct PlanValidationTests {
  /// 32 blocks of 32 heads over 8 key-value heads, 2048 positions.
  let limits: ModelLimits = {
    var block = LayerLimits(sequenceLength: 2048)
    block.divisors = [.init(name: "attention heads", count: 32), .init(name: "key-value heads", count: 8)]
    let end = LayerLimits(sequenceLength: 2048)
    return ModelLimits(blocks: .init(repeating: block, count: 32), embedding: end, head: end)
  }()

  let text = "pp2 vpp1 mb8 1f1b | 16,16 | 32*tp2-dp2 | embed tp2-dp2 | head tp2-dp2"

  private func violations(
    _ text: String, globalBatch: Int = 16, devices: Int = 8, limits: ModelLimits? = nil
  ) throws -> [PlanViolation] {
    try ParallelPlan(text: text).violations(
      limits: limits ?? self.limits, globalBatch: globalBatch, devices: devices)
  }

  @Test func `a good plan has no violations`() throws {
    #expect(try violations(text) == [])
    #expect(try violations("pp2 vpp2 mb4 interleaved-1f1b | 8,8,8,8 | 32*tp4-sp | embed dp4 | head tp2-dp2-z3") == [])
  }

  @Test func `ZeRO without replicas and experts of a dense layer do nothing`() throws {
    #expect(try violations("pp2 vpp1 mb4 1f1b | 16,16 | 32*tp4-z3 | embed dp4-ep4 | head tp4-z1") == [])
  }

  /// Three heads do not divide 32 or 8, 3 x 1 is not 4, sp is alone in layer 1, 2 + 30 is fine.
  @Test func `all violations come at once`() throws {
    let found = try violations(
      "pp2 vpp1 mb8 zigzag | 2,29,1 | 1*tp3 1*dp4-sp 30*tp2-dp2 | embed tp2-dp2 | head ul2-tp2", globalBatch: 10)
    #expect(
      found == [
        .stageCount(found: 3, expected: 2),
        .stageSizeMismatch(path: "plan.layers[0]", product: 3, stageSize: 4),
        .notDivisible(path: "plan.layers[0].tp", what: "attention heads", count: 32, degree: 3),
        .notDivisible(path: "plan.layers[0].tp", what: "key-value heads", count: 8, degree: 3),
        .sequenceParallelAlone(path: "plan.layers[1].sp"),
        .ulyssesWithTensor(path: "plan.head.ulysses", ulysses: 2, tensorParallel: 2),
        .microBatching(.batchNotDivisible(globalBatch: 10, dataParallel: 4)),
        .unknownSchedule(name: "zigzag", known: ["gpipe", "1f1b", "interleaved-1f1b"]),
      ])
  }

  @Test func `a violation says where, what and what to do`() throws {
    let violation = PlanViolation.notDivisible(
      path: "plan.layers[3].tp", what: "attention heads", count: 32, degree: 3)
    #expect(
      violation.description
        == "plan.layers[3].tp: 32 attention heads do not divide over 3; use a divisor of 32")
    #expect(PlanViolation.layerCount(found: 3, blocks: 4).description.hasPrefix("plan.layers: 3 strategies"))
    #expect(PlanViolation.scheduleObstacle("x").description == "plan.schedule: x")
  }

  @Test func `stages add up to the model`() throws {
    #expect(
      try violations("pp2 vpp1 mb8 1f1b | 16,15 | 31*tp2-dp2 | embed tp2-dp2 | head tp2-dp2") == [
        .stageSum(found: 31, blocks: 32), .layerCount(found: 31, blocks: 32),
      ])
    var plan = try ParallelPlan(text: text)
    plan.layersPerStage = [33, -1]
    #expect(
      plan.violations(limits: limits, globalBatch: 16, devices: 8) == [.negativeStage(stage: 1, found: -1)])
  }

  @Test func `degrees below one are named and nothing else is derived from them`() throws {
    var plan = try ParallelPlan(text: text)
    plan.layers[4].tensorParallel = 0
    plan.pipelineParallel = 0
    #expect(
      plan.violations(limits: limits, globalBatch: 16, devices: 8) == [
        .notPositive(path: "plan.pp", found: 0), .notPositive(path: "plan.layers[4].tp", found: 0),
      ])
  }

  @Test func `enormous degrees are reported, not trapped`() throws {
    var plan = try ParallelPlan(text: text)
    plan.layers[0].tensorParallel = .max
    plan.layers[0].dataParallel = .max
    plan.virtualStages = .max
    #expect(!plan.violations(limits: limits, globalBatch: 16, devices: 8).isEmpty)
  }

  @Test func `devices are all used`() throws {
    #expect(try violations(text, devices: 9) == [.devicesNotDivisible(devices: 9, pipelineParallel: 2)])
    #expect(try violations(text, devices: 16).count == 34)
  }

  /// 2048 / 3 is not whole; 32 and 8 heads do not divide over 16 Ulysses ranks only for the 8.
  @Test func `sequences and heads bound context parallelism and Ulysses`() throws {
    let found = try violations(
      "pp1 vpp1 mb1 1f1b | 32 | 31*dp48 1*ul16-cp3 | embed dp48 | head dp48", globalBatch: 48, devices: 48)
    #expect(
      found == [
        .notDivisible(path: "plan.layers[31].ulysses", what: "key-value heads", count: 8, degree: 16),
        .notDivisible(path: "plan.layers[31].cp", what: "positions of the sequence", count: 2048, degree: 3),
      ])
  }

  /// 6 experts do not divide over 4; dp x cp = 4 does.
  @Test func `experts are divided and reuse data and context ranks`() throws {
    var limits = limits
    limits.blocks[0].experts = 6
    let text = "pp2 vpp1 mb8 1f1b | 16,16 | 1*cp2-dp2-ep4 1*tp2-dp2-ep4 30*tp4 | embed tp4 | head tp4"
    #expect(
      try violations(text, limits: limits) == [
        .notDivisible(path: "plan.layers[0].ep", what: "experts", count: 6, degree: 4),
        .expertRanks(path: "plan.layers[1].ep", expertParallel: 4, ranks: 2),
      ])
  }

  @Test func `data-parallel degrees divide the largest`() throws {
    let found = try violations(
      "pp1 vpp1 mb1 gpipe | 32 | 31*dp6 1*dp4 | embed dp6 | head dp6", globalBatch: 12, devices: 6)
    #expect(found.contains(.dataParallelNotNested(path: "plan.layers[31].dp", degree: 4, largest: 6)))
  }

  /// 16 / 2 = 8 sequences a rank in 5 parts: chunks of 2, four of them.
  @Test func `unreachable numbers of micro-batches name the reachable one`() throws {
    let found = try violations("pp2 vpp1 mb5 1f1b | 16,16 | 32*tp2-dp2 | embed tp2-dp2 | head tp2-dp2")
    #expect(found == [.microBatching(.countUnreachable(localBatch: 8, requested: 5, actual: 4))])
    #expect(found[0].description.hasSuffix("give 4 micro-batches; ask for 4"))
  }

  @Test func `virtual stages need interleaving`() throws {
    let found = try violations("pp2 vpp2 mb8 1f1b | 8,8,8,8 | 32*tp2-dp2 | embed tp2-dp2 | head tp2-dp2")
    #expect(found.map(\.path) == ["plan.schedule"])
  }

  @Test func `the stride of the rank order divides the stage and keeps neighbours`() throws {
    #expect(try violations(text + " | stride 2") == [])
    #expect(try violations(text + " | stride 3") == [.strideNotDivisor(stride: 3, stageSize: 4)])
    #expect(try violations(text + " | stride 1").count == 34)
  }
}
