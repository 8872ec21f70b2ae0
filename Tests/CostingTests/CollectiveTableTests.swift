import Costing
import Hardware
import Quantities
import TestSupport
import Testing
import Workload

/// An all-reduce of 8 ranks measured at 1 KiB (40 us), 1 MiB (160 us) and 1 GiB (40 ms).
@Suite("Measured collectives")
struct CollectiveTableTests {
  private let shape = GroupShape(ranks: 8, nodes: 1, ranksPerNode: 8)
  private let model = CollectiveCost(fabric: Fabric(cluster: DrivenHardware.cluster()))

  private func measured() throws -> CollectiveCost {
    let points: [(Int64, Double)] = [(1 << 10, 40), (1 << 20, 160), (1 << 30, 40_000)]
    let series = try #require(
      CollectiveTable.Series(
        operation: .allReduce, ranks: 8, nodes: 1,
        points: points.map { .init(payload: Bytes($0.0), time: .microseconds($0.1)) }))
    let table = CollectiveTable(name: "test", series: [series], provenance: TestHardware.provenance)
    return CollectiveCost(fabric: Fabric(cluster: DrivenHardware.cluster(table: table)))
  }

  private func call(_ bytes: Int64, _ kind: CollectiveKind = .allReduce) -> CollectiveCall {
    CollectiveCall(kind: kind, payload: Bytes(bytes))
  }

  @Test func `a table is exact at its points`() throws {
    let cost = try measured()
    #expect(cost.duration(call(1 << 10), over: shape) == .microseconds(40))
    #expect(cost.duration(call(1 << 20), over: shape) == .microseconds(160))
    #expect(cost.duration(call(1 << 30), over: shape) == .microseconds(40_000))
    #expect(try #require(cost.best(call(1 << 20), over: shape)).isMeasured)
  }

  /// 32 KiB is half way between 1 KiB and 1 MiB in log size: the geometric mean of 40 and 160 us.
  @Test func `between two points the line is straight in log size and log time`() throws {
    let time = try measured().duration(call(1 << 15), over: shape)
    #expect(abs(time.value - 80e-6) < 1e-15)
  }

  @Test(arguments: [Int64(1), 100, 1 << 32, 1 << 36])
  func `outside, the nearest point calibrates the model`(bytes: Int64) throws {
    let nearest: Int64 = bytes < 1 << 10 ? 1 << 10 : 1 << 30
    let cost = try measured()
    let factor =
      cost.duration(call(nearest), over: shape).value / model.duration(call(nearest), over: shape).value
    let expected = factor * model.duration(call(bytes), over: shape).value
    #expect(abs(cost.duration(call(bytes), over: shape).value / expected - 1) < 1e-12)
  }

  @Test func `a calibrated table stays monotone`() throws {
    let cost = try measured()
    var previous = Seconds.zero
    for size in denseSizes {
      let time = cost.duration(call(size), over: shape)
      #expect(time >= previous)
      previous = time
    }
  }

  @Test func `other operations and groups keep the model`() throws {
    let cost = try measured()
    let pair = GroupShape(ranks: 2, nodes: 1, ranksPerNode: 2)
    #expect(cost.duration(call(1 << 20), over: pair) == model.duration(call(1 << 20), over: pair))
    let gather = call(1 << 20, .allGather)
    #expect(cost.duration(gather, over: shape) == model.duration(gather, over: shape))
    #expect(try #require(cost.best(gather, over: shape)).isMeasured == false)
  }

  @Test func `a measured call's demand takes the measured time alone`() throws {
    let cost = try measured()
    let best = try #require(cost.best(call(1 << 20), over: shape))
    let time = cost.fabric.duration(best.demand)
    #expect(abs(time.value - 160e-6) < 1e-15)
  }

  @Test func `a series refuses what is no measurement`() {
    func series(_ points: [(Int64, Double)], ranks: Int = 8, nodes: Int = 1) -> CollectiveTable.Series? {
      CollectiveTable.Series(
        operation: .allReduce, ranks: ranks, nodes: nodes,
        points: points.map { .init(payload: Bytes($0.0), time: Seconds($0.1)) })
    }
    #expect(series([]) == nil)
    #expect(series([(2, 1), (2, 1)]) == nil)
    #expect(series([(0, 1)]) == nil)
    #expect(series([(1, 0)]) == nil)
    #expect(series([(1, 1)], ranks: 1) == nil)
    #expect(series([(1, 1)], ranks: 2, nodes: 3) == nil)
    #expect(series([(1, 1), (2, 1)]) != nil)
  }
}
