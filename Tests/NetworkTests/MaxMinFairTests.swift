import Network
import TestSupport
import Testing

@Suite("Max-min fair sharing")
struct MaxMinFairTests {
  private func flow(_ links: Int..., cap: Double = .infinity) -> FairFlow {
    FairFlow(uses: links.map { LinkUse(link: $0) }, cap: cap)
  }

  /// By hand: link 0 has three flows, so each gets 1/3 of it; the long flow leaves 2/3 to the others on links 1 and 2.
  @Test func `a long flow over three links takes a third everywhere`() {
    let rates = MaxMinFair.rates(
      capacities: [3, 3, 3], flows: [flow(0, 1, 2), flow(0), flow(0), flow(1), flow(2)])
    #expect(rates == [1, 1, 1, 2, 2])
  }

  /// By hand: the last of four links of 4 carries all four flows, so each gets 1, and nobody can use what is left before.
  @Test func `in a parking lot everybody gets a share of the exit`() {
    let rates = MaxMinFair.rates(
      capacities: [4, 4, 4, 4], flows: [flow(0, 1, 2, 3), flow(1, 2, 3), flow(2, 3), flow(3)])
    #expect(rates == [1, 1, 1, 1])
  }

  /// By hand: with capacities 1, 4, 9 the first flow is held at 1 by link 0; link 1 leaves 3 to the second; link 2 has
  /// 9 - 1 - 3 = 5 left.
  @Test func `a parking lot that widens gives each entry what is left`() {
    let rates = MaxMinFair.rates(capacities: [1, 4, 9], flows: [flow(0, 1, 2), flow(1, 2), flow(2)])
    #expect(rates == [1, 3, 5])
  }

  /// By hand: at rate r the link carries r + 2r, full at r = 1: equal payload rates, not equal loads.
  @Test func `weights load the link, payload rates are equal`() {
    let heavy = FairFlow(uses: [LinkUse(link: 0, weight: 2)])
    #expect(MaxMinFair.rates(capacities: [3], flows: [flow(0), heavy]) == [1, 1])
  }

  /// By hand: the capped flow leaves 1 - 1/4 to two others.
  @Test func `a cap leaves the rest to others`() {
    let rates = MaxMinFair.rates(capacities: [1], flows: [flow(0), flow(0, cap: 0.25), flow(0)])
    #expect(rates == [0.375, 0.25, 0.375])
  }

  @Test func `a flow without links is bounded by its cap only`() {
    #expect(MaxMinFair.rates(capacities: [], flows: [flow(), flow(cap: 7)]) == [.infinity, 7])
  }

  @Test func `a link named twice is loaded twice`() {
    #expect(MaxMinFair.rates(capacities: [6], flows: [flow(0, 0), flow(0)]) == [2, 2])
  }

  @Test func `nothing passes a link without capacity`() {
    #expect(MaxMinFair.rates(capacities: [0, 8], flows: [flow(0, 1), flow(1)]) == [0, 8])
  }

  @Test func `alone a flow has the smallest capacity per weight`() {
    let flow = FairFlow(uses: [LinkUse(link: 0, weight: 1.75), LinkUse(link: 1, weight: 0.5)])
    #expect(MaxMinFair.rateAlone(capacities: [7, 1], flow: flow) == 2)
  }

  @Test(arguments: TrafficKind.allCases, [1, 2, 3, 4, 5] as [UInt64])
  func `every allocation is fair by the bottleneck criterion`(kind: TrafficKind, seed: UInt64) {
    var traffic = SharingCase(kind, seed: seed)
    for count in [1, 2, 5, 20, 60] {
      let flows = (0..<count).map { _ in traffic.flow() }
      let rates = MaxMinFair.rates(capacities: traffic.capacities, flows: flows)
      #expect(fairnessProblems(capacities: traffic.capacities, flows: flows, rates: rates) == [])
    }
  }

  @Test(arguments: TrafficKind.moderate, [11, 12, 13] as [UInt64])
  func `filling agrees with bisection`(kind: TrafficKind, seed: UInt64) {
    var traffic = SharingCase(kind, seed: seed, links: 12)
    for count in [1, 3, 6, 9] {
      let flows = (0..<count).map { _ in traffic.flow() }
      let rates = MaxMinFair.rates(capacities: traffic.capacities, flows: flows)
      let oracle = BisectionOracle(capacities: traffic.capacities, flows: flows).rates()
      #expect(zip(rates, oracle).allSatisfy { agree($0, $1, within: 1e-5) }, "\(rates) against \(oracle)")
    }
  }

  @Test(arguments: [21, 22, 23] as [UInt64])
  func `the order of flows does not matter`(seed: UInt64) {
    var traffic = SharingCase(.anything, seed: seed)
    let flows = (0..<30).map { _ in traffic.flow() }
    let order = flows.indices.shuffled(using: &traffic.generator)
    let rates = MaxMinFair.rates(capacities: traffic.capacities, flows: flows)
    let shuffled = MaxMinFair.rates(capacities: traffic.capacities, flows: order.map { flows[$0] })
    #expect(zip(order, shuffled).allSatisfy { agree(rates[$0], $1, within: 1e-11) })
  }
}
