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

  /// By hand: 10 bytes/s for 3 s, then 2 bytes/s for 2 s, in intervals of 2^30 ns = 1.073741824 s.
  @Test func `a history says when a link carried what`() {
    var network = FluidNetwork(capacities: [10], historyIntervals: 8)
    let long = network.add(uses: [LinkUse(link: 0)], amount: 100)
    network.settle(now: 0)
    network.setCap(of: long, to: 2)
    network.settle(now: 3_000_000_000)
    network.remove(long)
    network.settle(now: 5_000_000_000)
    let (width, history) = (network.historyWidth, network.history(ofLink: 0))
    let second = 1.073741824
    let expected = [10 * second, 10 * second, 10 * (3 - 2 * second) + 2 * (3 * second - 3), 2 * second]
    #expect(width == 1 << 30)
    #expect(history.count == 8)
    for (found, wanted) in zip(history, expected) { #expect(agree(found, wanted, within: 1e-12)) }
    #expect(agree(history[4], 2 * (5 - 4 * second), within: 1e-9))
    #expect(history[5...].allSatisfy { $0 == 0 })
  }

  @Test(arguments: [4, 5] as [UInt64])
  func `a history adds up to the bytes carried`(seed: UInt64) {
    var traffic = SharingCase(.spine, seed: seed)
    var network = FluidNetwork(capacities: traffic.capacities, historyIntervals: 64)
    for _ in 0..<80 { network.add(uses: traffic.flow().uses, amount: 1e9 + traffic.amount()) }
    network.settle(now: 0)
    while let finish = network.nextFinish {
      network.remove(finish.flow)
      network.settle(now: finish.time)
    }
    for link in traffic.capacities.indices {
      let history = network.history(ofLink: link)
      let width = Double(network.historyWidth) * 1e-9
      let carried = network.usage(ofLink: link, at: network.now).bytes
      #expect(agree(history.reduce(0, +), carried, within: 1e-6))
      #expect(history.allSatisfy { $0 <= traffic.capacities[link] * width * (1 + 1e-9) })
    }
  }

  /// A cap that changes is as if the flow had been another one from then on.
  @Test(arguments: [6, 7, 8] as [UInt64])
  func `rates after a change of caps are those of the pure solver`(seed: UInt64) {
    var traffic = SharingCase(.spine, seed: seed)
    var network = FluidNetwork(capacities: traffic.capacities)
    var flows: [(id: FlowID, flow: FairFlow)] = []
    for _ in 0..<40 {
      let flow = traffic.flow()
      flows.append((network.add(uses: flow.uses, amount: 1e12, cap: flow.cap), flow))
    }
    network.settle(now: 0)
    for round in 0..<20 {
      for index in flows.indices where (index + round) % 3 == 0 {
        let old = network.rate(of: flows[index].id)
        let cap = round % 2 == 0 ? old / 2 : old * 3
        network.setCap(of: flows[index].id, to: cap)
        flows[index].flow = FairFlow(uses: flows[index].flow.uses, cap: cap)
      }
      network.settle(now: Int64(round) * 1000)
      let expected = MaxMinFair.rates(capacities: traffic.capacities, flows: flows.map(\.flow))
      for (entry, rate) in zip(flows, expected) {
        #expect(agree(network.rate(of: entry.id), rate, within: 1e-9), "round \(round)")
      }
    }
  }
}
