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
    let request = try request(memory: .gibibytes(8), [.pipeline, .data, .sharded])
    #expect(PlanSearch(request).run().plans == PlanSearch(request).run().plans)
  }

  @Test func `several memory limits in one pass give what each gives alone`() throws {
    let request = try request(memory: .gibibytes(24), paper)
    let limits = [6.0, 24].map { Bytes.gibibytes($0).count } + [Bytes.mebibytes(300).count]
    var session = SearchSession()
    let together = PlanSearch.outcomes(request, limits: limits, in: &session)
    for (limit, outcome) in zip(limits, together) {
      var alone = request
      alone.setup.options.memoryLimit = Bytes(limit)
      let expected = PlanSearch(alone).run()
      #expect(outcome.plans.first == expected.plans.first && outcome.lowerBound == expected.lowerBound)
      #expect(outcome.nearest?.missing == expected.nearest?.missing)
      #expect(outcome.plans.allSatisfy { $0.memory.allSatisfy { $0 <= limit } })
    }
  }

  @Test func `a used session changes nothing`() throws {
    var session = SearchSession()
    for method in [SearchMethod.data, .bmw, .galvatron] {
      for gibibytes in [6.0] {
        var request = try request(memory: .gibibytes(gibibytes), paper)
        request.method = method
        let used = SimulatedSearch(request, rounds: 3).run(in: &session)
        let fresh = SimulatedSearch(request, rounds: 3).run()
        #expect(used.plans == fresh.plans && used.rounds == fresh.rounds && used.rejected == fresh.rejected)
      }
    }
  }

  @Test func `another setup empties a session`() throws {
    var session = SearchSession()
    var request = try request(memory: .gibibytes(12), [.data, .sharded, .tensor])
    _ = SimulatedSearch(request, rounds: 1).run(in: &session)
    request.setup.options.dropout.toggle()
    let used = SimulatedSearch(request, rounds: 1).run(in: &session)
    #expect(used.plans == SimulatedSearch(request, rounds: 1).run().plans)
  }

  @Test func `rounds tell what the simulator thought of the formula's first choice`() throws {
    let outcome = SimulatedSearch(try request(memory: .gibibytes(8), paper)).run()
    let first = try #require(outcome.rounds.first)
    #expect(first.first.found.isLike(try #require(outcome.analyticWinner).found, isStrict: false))
    #expect(outcome.rounds.count == outcome.outcome.statistics.rounds)
    #expect(outcome.rounds.map(\.simulated).reduce(0, +) == outcome.outcome.statistics.plansSimulated)
    // The best of a round is never slower than that of the one before.
    let times = outcome.rounds.compactMap { $0.best?.throughput }
    #expect(times == times.sorted())
  }

  @Test func `finalists are judged on shared links when asked`() throws {
    let request = try request(memory: .gibibytes(24), [.pipeline, .data, .tensor])
    let ideal = SimulatedSearch(request, rounds: 1).run()
    let shared = SimulatedSearch(request, rounds: 1, network: .shared).run()
    #expect(shared.plans.count == ideal.plans.count)
    for plan in shared.plans {
      let replayed = try #require(plan.replayedTime)
      #expect(ideal.plans.contains { $0.found == plan.found && $0.simulatedTime == replayed })
      #expect(plan.simulatedTime.map { $0 >= replayed * (1 - 1e-9) } ?? false)
    }
    let winner = try #require(shared.analyticWinner)
    if winner.reason == nil { #expect(shared.plans.first.map { $0.throughput >= winner.throughput } ?? false) }
  }
}

/// Counts how often it is asked.
private final class Counter: Sendable {
  private let value = Atomic(0)

  func next() -> Int { value.add(1, ordering: .relaxed).newValue }
}
