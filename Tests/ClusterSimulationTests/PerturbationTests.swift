import Hardware
import Quantities
import Testing

@testable import ClusterSimulation

@Suite("Perturbed kernels")
struct PerturbationTests {
  /// One simulated rank whose rows begin at 0.
  static let map = RankMap(
    globalRanks: [5], representedRanks: [1], programs: [0], firstRows: [0, 10], peerSlotCount: 1, peers: [-1],
    groupSlotCount: 1,
    groups: [-1], groupSizes: [], isFolded: false)

  static func slow(_ intervals: [(from: Int64, until: Int64, speed: Double)]) -> Perturbation {
    var conditions = Conditions()
    conditions.stragglers = intervals.map {
      Conditions.Straggler(
        rank: 5, from: SimTime(nanoseconds: $0.from), until: SimTime(nanoseconds: $0.until), speed: $0.speed)
    }
    return Perturbation(conditions, map: map)
  }

  /// 100 ns of work from 50: 50 ns before the interval, then half speed: 50 ns of work take 100 ns, up to 200.
  @Test func `an interval stretches the part of a kernel that falls into it`() {
    let perturbation = Self.slow([(100, 1000, 0.5)])
    #expect(perturbation.end(rank: 0, row: 0, start: 50, duration: 100) == 200)
  }

  /// Half speed in 100..200 does 50 ns of work; of 200 ns from 100 on, 150 remain at full speed from 200.
  @Test func `a kernel outlasts an interval`() {
    let perturbation = Self.slow([(100, 200, 0.5)])
    #expect(perturbation.end(rank: 0, row: 0, start: 100, duration: 200) == 350)
  }

  /// 0..100 at speed 0.1: 10 ns of work; 100..150 free: 50; 150..250 at 0.5: 50; 40 of 150 remain: until 290.
  @Test func `intervals follow each other`() {
    let perturbation = Self.slow([(150, 250, 0.5), (0, 100, 0.1)])
    #expect(perturbation.end(rank: 0, row: 0, start: 0, duration: 150) == 290)
  }

  @Test func `a kernel after the last interval is not touched`() {
    let perturbation = Self.slow([(0, 100, 0.1)])
    #expect(perturbation.end(rank: 0, row: 0, start: 100, duration: 7) == 107)
    #expect(!Perturbation(Conditions(), map: Self.map).isActive)
  }
}
