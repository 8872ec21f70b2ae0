import Parallelism
import TestSupport
import Testing

@Suite("Plans as text")
struct PlanTextTests {
  @Test func `a strategy is one word`() throws {
    var strategy = LayerStrategy()
    #expect(strategy.text == "dp1")
    strategy.tensorParallel = 4
    strategy.contextParallel = 2
    strategy.dataParallel = 2
    strategy.sequenceParallel = true
    strategy.zero = .parameters
    strategy.recompute = .full
    strategy.isConsecutive = false
    #expect(strategy.text == "tp4-cp2-dp2-sp-z3-ckpt-strided")
    #expect(try LayerStrategy(text: "strided-ckpt-z3-sp-dp2-cp2-tp4") == strategy)
    #expect(try LayerStrategy(text: " tp1-dp1 ") == LayerStrategy())
  }

  @Test func `every strategy is read back as it was written`() throws {
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<500 {
      let strategy = generator.strategy()
      #expect(try LayerStrategy(text: strategy.text) == strategy)
    }
  }

  @Test(arguments: [
    ("", 1, PlanTextError.Problem.missing("a strategy such as tp2-dp4")), ("tp2-dq4", 5, .unknown("dq4")),
    ("tp2--dp2", 5, .unknown("")), ("tp2-tp2", 5, .repeated("tp2")), ("dp4-sel-ckpt", 9, .repeated("ckpt")),
    ("tpx", 3, .badNumber("x")), ("dp0", 3, .badNumber("0")), ("tp", 3, .badNumber("")), ("dp2-z4", 6, .badNumber("4")),
    ("tp9999999999", 3, .badNumber("9999999999")),
  ])
  func `an unreadable strategy is found by column`(text: String, column: Int, problem: PlanTextError.Problem) {
    let error = #expect(throws: PlanTextError.self) { try LayerStrategy(text: text) }
    #expect(error?.column == column)
    #expect(error?.problem == problem)
  }

  let line = "pp2 vpp1 mb8 1f1b | 16,16 | 15*tp2-dp2 1*tp2-dp2-z3 16*dp4 | embed tp2-dp2 | head tp4"

  @Test func `a plan is one line`() throws {
    let plan = try ParallelPlan(text: line)
    #expect(plan.text == line)
    #expect(plan.layers.count == 32)
    #expect(plan.layers.map(\.zero).firstIndex(of: .parameters) == 15)
    #expect(plan.head.tensorParallel == 4)
    #expect(plan.schedule == .named("1f1b"))
    let strided = try ParallelPlan(text: line + " | stride 2")
    #expect(strided.rankOrder == RankOrder(pipelineStride: 2))
    #expect(strided.text == line + " | stride 2")
  }

  @Test func `every plan is read back as it was written`() throws {
    var generator = SeededGenerator(seed: 5)
    let custom = CustomSchedule(name: "my file.csv", actions: [[.forward(stage: 0, microBatch: 0)]])
    for _ in 0..<100 {
      let strategies = (0..<3).map { _ in generator.strategy() }
      let layers = (0..<Int.random(in: 0...9, using: &generator)).map { strategies[$0 / 4] }
      let plan = ParallelPlan(
        pipelineParallel: Int.random(in: 1...4, using: &generator), virtualStages: 2,
        layersPerStage: [0, layers.count], layers: layers, embedding: generator.strategy(), head: generator.strategy(),
        microBatches: 7, schedule: Bool.random(using: &generator) ? .custom(custom) : .named("gpipe"),
        rankOrder: RankOrder(pipelineStride: Bool.random(using: &generator) ? 3 : nil))
      #expect(try ParallelPlan(text: plan.text, customSchedules: [custom]) == plan)
    }
  }

  @Test(arguments: [
    ("pp2 vpp1 mb8 1f1b | 16,16", 26), ("pp2 vpp1 | 1 | dp1 | embed dp1 | head dp1", 1),
    ("pp2 vppx mb8 1f1b | 1 | dp1 | embed dp1 | head dp1", 8),
    ("pp2 vpp1 mb8 1f1b now | 1 | dp1 | embed dp1 | head dp1", 19),
    ("pp2 vpp1 mb8 custom:a | 1 | dp1 | embed dp1 | head dp1", 21),
    ("pp2 vpp1 mb8 1f1b | 1,x | dp1 | embed dp1 | head dp1", 23),
    ("pp2 vpp1 mb8 1f1b | 1 | 0*dp1 | embed dp1 | head dp1", 25),
    ("pp2 vpp1 mb8 1f1b | 1 | 2*dp1 3*dq1 | embed dp1 | head dp1", 33),
    ("pp2 vpp1 mb8 1f1b | 1 | dp1 | embedding dp1 | head dp1", 31),
    ("pp2 vpp1 mb8 1f1b | 1 | dp1 | embed dp1 | head", 47),
    ("pp2 vpp1 mb8 1f1b | 1 | dp1 | embed dp1 | head dp1 | stride 0", 61),
  ])
  func `an unreadable plan is found by column`(text: String, column: Int) {
    let error = #expect(throws: PlanTextError.self) { try ParallelPlan(text: text) }
    #expect(error?.column == column)
  }
}
