import Network
import TestSupport
import Testing

@Suite("Fluid network: what links have done")
struct FluidUsageTests {
  /// By hand: 60 bytes at 10 bytes/s on link 0 of 10 (full) and link 1 of 20 (half full): 6 s; then both are idle.
  @Test func `a lone flow fills its narrowest link`() {
    var network = FluidNetwork(capacities: [10, 20, 5])
    let flow = network.add(uses: [LinkUse(link: 0), LinkUse(link: 1)], amount: 60)
    network.settle(now: 1_000_000_000)
    network.remove(flow)
    network.settle(now: 7_000_000_000)
    let usage = [0, 1, 2].map { network.usage(ofLink: $0, at: 9_000_000_000) }
    #expect(usage.map(\.bytes) == [60, 60, 0])
    #expect(usage.map(\.busy) == [6_000_000_000, 6_000_000_000, 0])
    #expect(usage.map(\.saturated) == [6_000_000_000, 0, 0])
  }

  /// By hand: a quarter of a second at 10 bytes/s leaves 7.5 of 10 bytes.
  @Test func `a flow under way has the rest left`() {
    var network = FluidNetwork(capacities: [10])
    let flow = network.add(uses: [LinkUse(link: 0)], amount: 10)
    network.settle(now: 0)
    let left = network.remaining(of: flow, at: 250_000_000)
    let carried = network.usage(ofLink: 0, at: 250_000_000).bytes
    #expect(left == 7.5)
    #expect(carried == 2.5)
  }

  @Test(arguments: TrafficKind.allCases, [1, 2, 3] as [UInt64])
  func `links carry exactly what flows bring`(kind: TrafficKind, seed: UInt64) {
    var traffic = SharingCase(kind, seed: seed)
    var network = FluidNetwork(capacities: traffic.capacities)
    var expected = traffic.capacities.map { _ in 0.0 }
    for step in 0..<300 {
      if step < 100 {
        let (flow, amount) = (traffic.flow(), traffic.amount())
        network.add(uses: flow.uses, amount: amount, cap: flow.cap)
        for use in flow.uses { expected[use.link] += use.weight * amount }
        network.settle(now: network.now)
      }
      guard step % 3 == 0 || step > 100, let finish = network.nextFinish else { continue }
      network.remove(finish.flow)
      network.settle(now: finish.time)
    }
    let left = network.flowCount
    #expect(left == 0)
    for link in expected.indices {
      let usage = network.usage(ofLink: link, at: network.now)
      #expect(agree(usage.bytes, expected[link], within: 1e-9), "link \(link): \(usage.bytes), \(expected[link])")
      #expect(usage.saturated <= usage.busy)
    }
  }

  /// What a removed flow has not moved is not counted: link bytes are weights times what was moved.
  @Test func `a cancelled flow counts for what it has moved`() {
    var network = FluidNetwork(capacities: [8])
    let flow = network.add(uses: [LinkUse(link: 0, weight: 2)], amount: 100)
    network.settle(now: 0)
    network.remove(flow)
    network.settle(now: 500_000_000)
    let (usage, load) = (network.usage(ofLink: 0, at: 800_000_000), network.load(ofLink: 0))
    #expect(usage.bytes == 4)
    #expect(usage.busy == 500_000_000)
    #expect(load == 0)
  }

  @Test func `loads are recorded once per instant, up to the limit`() {
    var network = FluidNetwork(capacities: [10, 10], recordedChanges: 2)
    let long = network.add(uses: [LinkUse(link: 0)], amount: 100)
    network.settle(now: 0)
    network.add(uses: [LinkUse(link: 0), LinkUse(link: 1)], amount: 100, cap: 2)
    network.settle(now: 5)
    network.remove(long)
    network.settle(now: 9)
    let (first, second) = (network.loadChanges(ofLink: 0), network.loadChanges(ofLink: 1))
    let wasComplete = network.isRecordComplete
    #expect(first.map(\.time) == [0, 9])
    #expect(first.map(\.load) == [10, 2])
    #expect(second.map(\.time) == [5])
    #expect(second.map(\.load) == [2])
    #expect(wasComplete)
    network.add(uses: [LinkUse(link: 1)], amount: 1)
    network.add(uses: [LinkUse(link: 0)], amount: 1)
    network.settle(now: 12)
    let isComplete = network.isRecordComplete
    #expect(!isComplete)
  }

  @Test(arguments: [4, 5] as [UInt64])
  func `recorded loads add up to the bytes carried`(seed: UInt64) {
    var traffic = SharingCase(.spine, seed: seed)
    var network = FluidNetwork(capacities: traffic.capacities, recordedChanges: 100_000)
    for _ in 0..<80 { network.add(uses: traffic.flow().uses, amount: 1e9 + traffic.amount()) }
    network.settle(now: 0)
    while let finish = network.nextFinish {
      network.remove(finish.flow)
      network.settle(now: finish.time)
    }
    for link in traffic.capacities.indices {
      let changes = network.loadChanges(ofLink: link)
      let bytes = zip(changes, changes.dropFirst()).reduce(0.0) {
        $0 + $1.0.load * Double($1.1.time - $1.0.time) * 1e-9
      }
      let carried = network.usage(ofLink: link, at: network.now).bytes
      #expect(agree(bytes, carried, within: 1e-6))
    }
  }
}
