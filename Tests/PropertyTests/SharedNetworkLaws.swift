import ClusterSimulation
import Hardware
import Parallelism
import Quantities
import TestSupport
import Testing
import Workload

@Suite("Shared networks")
struct SharedNetworkLaws {
  static func time(_ setup: TrainingSetup, _ network: NetworkChoice, expandRanks: Bool = false) throws -> SimDuration {
    try TrainingSimulation(setup).run(expandRanks: expandRanks, network: network).iterationTime
  }

  /// Plans on one node with a crossbar whose collectives are all of one dimension: nothing is shared.
  @Test(arguments: [(tensor: 4, data: 1), (tensor: 1, data: 4)])
  func `a collective alone takes its closed form`(degrees: (tensor: Int, data: Int)) throws {
    var strategy = LayerStrategy()
    strategy.tensorParallel = degrees.tensor
    strategy.dataParallel = degrees.data
    let plan = ParallelPlan(
      pipelineParallel: 1, virtualStages: 1, layersPerStage: [2], layers: [strategy, strategy], embedding: strategy,
      head: strategy, microBatches: 2, schedule: .named("1f1b"))
    let setup = TrainingSetup(
      model: try TinyModel.llama.model(blocks: 2, heads: 8, sequence: 512),
      cluster: TestHardware.cluster(devicesPerNode: 4),
      job: TrainingJob(globalBatch: 8, sequenceLength: 512, format: .bf16, gradientFormat: .fp32, optimizer: .adam),
      plan: plan)
    #expect(try Self.time(setup, .shared) == (try Self.time(setup, .ideal)))
  }

  /// A class's flow has the summed weights of all its groups, so folding changes times by rounding only.
  @Test func `folded and expanded agree`() throws {
    var setups = SetupGenerator(seed: 91)
    for number in 0..<120 {
      let setup = setups.next()
      let folded = try Self.time(setup, .shared).nanoseconds
      let expanded = try Self.time(setup, .shared, expandRanks: true).nanoseconds
      let difference = Double(abs(folded - expanded)) / Double(max(expanded, 1))
      #expect(difference < 1e-6, "case \(number): \(setup.plan.text): folded \(folded), expanded \(expanded)")
    }
  }

  @Test func `the same setup gives the same times again`() throws {
    var setups = SetupGenerator(seed: 92)
    for _ in 0..<20 {
      let setup = setups.next()
      let first = try TrainingSimulation(setup).run(network: .shared).trace.columns
      #expect(first == (try TrainingSimulation(setup).run(network: .shared)).trace.columns)
    }
  }

  /// Twice the bandwidth everywhere with the same latencies never makes an iteration longer (up to rounding).
  @Test func `faster links never slow an iteration down`() throws {
    var setups = SetupGenerator(seed: 93)
    for number in 0..<40 {
      var setup = setups.next()
      let slow = try Self.time(setup, .shared).nanoseconds
      setup.cluster = setup.cluster.withLinks(rateFactor: 2)
      let fast = try Self.time(setup, .shared).nanoseconds
      #expect(Double(fast) <= Double(slow) * 1.000_001 + 100, "case \(number): \(setup.plan.text)")
    }
  }
}
