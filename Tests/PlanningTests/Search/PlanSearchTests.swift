import ClusterSimulation
import Parallelism
import Quantities
import Synchronization
import TestSupport
import Testing

@testable import Planning

@Suite("Search with the simulator's costs")
struct PlanSearchTests {
  private func request(memory: Bytes, _ dimensions: [SearchDimension]) throws -> PlanRequest {
    var request = PlanRequest(
      setup: try MemoryFixTests.setup(memory: memory), space: SpaceOptions(dimensions: dimensions))
    request.count = 4
    return request
  }

  private let paper: [SearchDimension] = [.pipeline, .data, .sharded, .tensor, .checkpoint]

  @Test func `every plan can run, and the formula is near the simulation`() throws {
    let outcome = SimulatedSearch(try request(memory: .gibibytes(24), paper), rounds: 2).run()
    #expect(outcome.plans.count >= 3)
    for plan in outcome.plans {
      let time = try #require(plan.simulatedTime)
      #expect(abs(time / plan.found.analyticTime - 1) < 0.25, "\(plan.found.plan.text)")
      #expect(plan.peaks.allSatisfy { $0 <= Bytes.gibibytes(24).count })
    }
    #expect(outcome.plans.map(\.throughput) == outcome.plans.map(\.throughput).sorted(by: >))
  }

  @Test func `the simulated winner is never slower than the formula's first choice`() throws {
    for gibibytes in [4.0, 6, 8, 12] {
      let outcome = SimulatedSearch(try request(memory: .gibibytes(gibibytes), paper)).run()
      guard let winner = outcome.plans.first else { continue }
      if let first = outcome.analyticWinner, first.reason == nil { #expect(winner.throughput >= first.throughput) }
    }
  }

  @Test func `a larger space never makes the formula's best plan worse`() throws {
    let spaces: [[SearchDimension]] = [
      [.data], [.pipeline, .data], [.pipeline, .data, .sharded], [.pipeline, .data, .sharded, .tensor], paper,
      paper + [.zero2], paper + [.zero2, .sequence],
    ]
    for gibibytes in [6.0, 24] {
      var last = 0.0
      for space in spaces.dropLast() {
        let best = PlanSearch(try request(memory: .gibibytes(gibibytes), space)).run().plans.first?.throughput ?? 0
        #expect(best >= last * (1 - 1e-12), "\(gibibytes) GiB, \(space)")
        last = best
      }
    }
  }

  @Test func `bmw is never slower than its baselines, and its bound holds`() throws {
    var request = try request(memory: .gibibytes(10), paper)
    let outcome = PlanSearch(request).run()
    let best = try #require(outcome.plans.first)
    let bound = try #require(outcome.lowerBound)
    #expect(bound <= best.analyticTime && bound > 0.5 * best.analyticTime)
    for method in SearchMethod.allCases where method != .bmw {
      request.method = method
      guard let plan = PlanSearch(request).run().plans.first else { continue }
      #expect(plan.throughput <= best.throughput * (1 + 1e-9), "\(method)")
      #expect(plan.analyticTime >= bound * (1 - 1e-9))
    }
  }

  @Test func `exact bytes find nothing slower than whole mebibytes`() throws {
    var request = try request(memory: .gibibytes(7), paper)
    let coarse = PlanSearch(request).run().plans.first?.throughput ?? 0
    request.memoryUnit = 1
    #expect(PlanSearch(request).run().plans.first?.throughput ?? 0 >= coarse)
  }

  @Test func `nothing fits: what comes nearest, and by how much it misses`() throws {
    let outcome = PlanSearch(try request(memory: .mebibytes(300), paper)).run()
    #expect(outcome.plans.isEmpty)
    let nearest = try #require(outcome.nearest)
    #expect(nearest.missing > 0 && nearest.plan.memory.max() ?? 0 > Bytes.mebibytes(300).count)
  }

  @Test func `a cancelled search ends with what it has`() throws {
    var request = try request(memory: .gibibytes(24), paper)
    request.isCancelled = { true }
    let outcome = PlanSearch(request).run()
    #expect(outcome.plans.isEmpty && outcome.lowerBound == nil)
  }

  @Test func `a search interrupted on its way still gives a plan that was simulated`() throws {
    var request = try request(memory: .gibibytes(24), paper)
    let counter = Counter()
    request.isCancelled = { counter.next() > 6 }
    let outcome = SimulatedSearch(request).run()
    #expect(outcome.plans.count == 1 && outcome.plans.first?.simulatedTime != nil)
    #expect(outcome.outcome.lowerBound == nil)
  }

  @Test func `every search gives the same plans`() throws {
    let request = try request(memory: .gibibytes(8), paper)
    #expect(PlanSearch(request).run().plans == PlanSearch(request).run().plans)
  }
}

/// Counts how often it is asked.
private final class Counter: Sendable {
  private let value = Atomic(0)

  func next() -> Int { value.add(1, ordering: .relaxed).newValue }
}
