import ClusterSimulation
import Hardware
import Parallelism
import Quantities
import TestSupport
import Testing
import Workload

@Suite("What shared links did")
struct NetworkReportTests {
  private static func report(_ setup: TrainingSetup, expandRanks: Bool = false) throws -> NetworkReport {
    try #require(try TrainingSimulation(setup).run(expandRanks: expandRanks, network: .shared).network)
  }

  /// Four ranks on a crossbar reduce their gradients: one flow after the other, each alone.
  @Test func `a group alone loses nothing`() throws {
    let report = try Self.report(try TinySetups.data(ranks: 4, blocks: 2))
    #expect(report.contended.isEmpty)
    #expect(report.groups.map(\.name) == ["sharding 4"])
    #expect(report.groups[0].calls >= 1)
    #expect(report.groups[0].alone > .zero)
    #expect(report.groups[0].lostToSharing == .zero && report.groups[0].lostToKernels == .zero)
    #expect(report.groups[0].worstLink == nil && report.groups[0].lastRank == nil)
  }

  @Test func `histories add up to what was carried, and no link carries more than it can`() throws {
    var setups = SetupGenerator(seed: 55)
    for number in 0..<40 {
      let setup = setups.next()
      let result = try TrainingSimulation(setup).run(network: .shared)
      guard let report = result.network else { continue }
      let seconds = result.iterationTime.seconds.value
      let calls = report.groups.reduce(0) { $0 + $1.calls }
      for link in report.links {
        let carried = link.history.reduce(0, +)
        // Flows end at whole nanoseconds; what they were given too much is in the history only.
        let excess = Double(calls) * link.capacity.bytesPerSecond * 1e-9
        #expect(carried - link.bytes >= -1e-6 * carried && carried - link.bytes <= excess, "\(number)")
        #expect(link.bytes <= link.capacity.bytesPerSecond * seconds * (1 + 1e-9))
        #expect(link.saturated <= link.busy && link.busy <= result.iterationTime)
      }
    }
  }

  /// A folded report tells of a group what an expanded one does. Several uses may have the same name and members.
  @Test func `folded and expanded groups have lost the same`() throws {
    func loss(_ report: NetworkReport, _ name: String, _ members: [Int]) -> (calls: Int, seconds: Double) {
      report.groups.filter { $0.name == name && $0.members == members }.reduce((0, 0)) {
        ($0.calls + $1.calls, $0.seconds + $1.lostToSharing.seconds.value)
      }
    }
    var setups = SetupGenerator(seed: 56)
    for number in 0..<20 {
      let setup = setups.next()
      let (folded, expanded) = (try Self.report(setup), try Self.report(setup, expandRanks: true))
      for group in folded.groups {
        let (left, right) = (loss(folded, group.name, group.members), loss(expanded, group.name, group.members))
        #expect(left.calls == right.calls, "case \(number): \(group.name)")
        let slack = 1e-4 * left.seconds + 5e-9 * Double(left.calls)
        #expect(abs(left.seconds - right.seconds) <= slack, "case \(number): \(group.name): \(left), \(right)")
      }
    }
  }

  /// Two groups share a card at half the rate each. Kernels beside them, which would let each go at 1/1.5 of its rate alone,
  /// hold nobody up; alone they do, and the times of both parts are those of the flow.
  @Test func `a full link costs what it costs, and kernels only what their cap holds back`() throws {
    func group(_ tensor: Int) throws -> NetworkReport.Group {
      var setup = try TinySetups.data(ranks: 2, blocks: 3, sequence: 256) { $0.tensorParallel = tensor }
      setup.options.gradientBucket = Bytes(1)
      setup.cluster = TestHardware.cluster(nodes: 2, devicesPerNode: tensor, cards: 1)
        .withInterference(InterferenceTraits(kernel: 1, collective: 1.5))
      return try #require(try Self.report(setup).groups.first { $0.name == "sharding 2" })
    }
    let (shared, alone) = (try group(2), try group(1))
    #expect(shared.lostToKernels < SimDuration(nanoseconds: shared.lostToSharing.nanoseconds / 20))
    #expect(shared.lostToSharing > .zero)
    #expect(alone.lostToKernels > .zero)
    #expect(alone.lostToSharing < SimDuration(nanoseconds: 10 * Int64(alone.calls)))
  }

  /// Rank 2 computes at half the speed: the others wait for it before every reduction.
  @Test func `a group names the rank it waits for`() throws {
    var setup = try TinySetups.data(ranks: 4, blocks: 2)
    setup.conditions.slowDevices = [.init(rank: 2, speed: 0.5)]
    let report = try Self.report(setup)
    #expect(report.groups[0].lastRank == 2)
    #expect(report.groups[0].waited > .zero)
    #expect(try Self.report(setup, expandRanks: true).groups[0].waited == report.groups[0].waited)
  }

  /// Two nodes of two GPUs and one card, two data-parallel groups of two across the nodes: each alone takes the card, both
  /// together half of it each. By hand: what a reduction takes alone, it takes once more.
  @Test func `two groups on one card lose as much as they need`() throws {
    var setup = try TinySetups.data(ranks: 2, blocks: 2) { $0.tensorParallel = 2 }
    setup.cluster = TestHardware.cluster(nodes: 2, devicesPerNode: 2, cards: 1)
    setup.options.overlapGradientReduction = false
    let report = try Self.report(setup)
    let group = try #require(report.groups.first { $0.name == "sharding 2" })
    #expect(group.count == 2)
    let (alone, lost) = (group.alone.seconds.value, group.lostToSharing.seconds.value)
    #expect(abs(lost / alone - 1) < 1e-3, "alone \(alone), lost \(lost)")
    let worst = try #require(group.worstLink)
    #expect(report.links[worst].name.contains("nic0"))
    #expect(report.contended.first == worst)
  }
}
