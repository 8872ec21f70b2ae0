import TestSupport
import Testing

@testable import Network

/// Random starts and removals on a network, and the same flows in a list.
private struct RandomChanges: ~Copyable {
  var traffic: SharingCase
  var network: FluidNetwork
  var active: [(id: FlowID, flow: FairFlow)] = []

  init(_ kind: TrafficKind, seed: UInt64) {
    traffic = SharingCase(kind, seed: seed)
    network = FluidNetwork(capacities: traffic.capacities)
  }

  /// One to four changes at an instant up to a microsecond later.
  mutating func step(flowsAtMost limit: Int) {
    for _ in 0..<Int.random(in: 1...4, using: &traffic.generator) {
      let isRemoval = active.count >= limit || (!active.isEmpty && traffic.generator.once(in: 3))
      if isRemoval {
        let index = Int.random(in: active.indices, using: &traffic.generator)
        network.remove(active.remove(at: index).id)
      } else {
        let flow = traffic.flow()
        active.append((network.add(uses: flow.uses, amount: 1e12, cap: flow.cap), flow))
      }
    }
    network.settle(now: network.now + Int64.random(in: 0...1000, using: &traffic.generator))
  }

  /// Where the network's rates are not fair, or not those of the pure function.
  func problems() -> [String] {
    let flows = active.map(\.flow)
    let expected = MaxMinFair.rates(capacities: traffic.capacities, flows: flows)
    var rates: [Double] = []
    for flow in active { rates.append(network.rate(of: flow.id)) }
    var problems = fairnessProblems(capacities: traffic.capacities, flows: flows, rates: rates)
    for (index, (rate, fair)) in zip(rates, expected).enumerated() where !agree(rate, fair, within: 1e-9) {
      problems.append("flow \(index): \(rate) instead of \(fair)")
    }
    return problems + loadProblems(rates)
  }

  private func loadProblems(_ rates: [Double]) -> [String] {
    var loads = traffic.capacities.map { _ in 0.0 }
    for (flow, rate) in zip(active, rates) {
      for use in flow.flow.uses { loads[use.link] += use.weight * rate }
    }
    var problems: [String] = []
    for link in loads.indices where !agree(network.load(ofLink: link), loads[link], within: 1e-11) {
      problems.append("link \(link): \(network.load(ofLink: link)) instead of \(loads[link])")
    }
    return problems
  }
}

@Suite("Fluid network: rates")
struct FluidRatesTests {
  @Test(arguments: TrafficKind.allCases, [1, 2, 3, 4] as [UInt64])
  func `after every settlement rates are those of the pure function`(kind: TrafficKind, seed: UInt64) {
    var changes = RandomChanges(kind, seed: seed)
    for step in 0..<300 {
      changes.step(flowsAtMost: 40)
      let problems = changes.problems()
      #expect(problems == [], "step \(step)")
      if !problems.isEmpty { return }
    }
  }

  @Test(arguments: TrafficKind.allCases)
  func `filling everything anew gives the same rates`(kind: TrafficKind) {
    var changes = RandomChanges(kind, seed: 9)
    changes.network.repairLimit = 0
    for step in 0..<100 {
      changes.step(flowsAtMost: 40)
      #expect(changes.problems() == [], "step \(step)")
    }
  }

  @Test(arguments: TrafficKind.allCases)
  func `a repair stays far below its limit`(kind: TrafficKind) {
    var changes = RandomChanges(kind, seed: 10)
    for _ in 0..<300 {
      let before = changes.network.levelChangeCount
      changes.step(flowsAtMost: 60)
      let repairs = changes.network.levelChangeCount - before
      #expect(repairs < changes.network.repairLimit)
    }
  }

  @Test func `flows that share nothing with a change keep rate and finish`() {
    var network = FluidNetwork(capacities: [10, 10, 10])
    let apart = network.add(uses: [LinkUse(link: 2)], amount: 70)
    network.add(uses: [LinkUse(link: 0), LinkUse(link: 1)], amount: 100)
    network.settle(now: 0)
    let before = network.rateChangeCount
    network.add(uses: [LinkUse(link: 1)], amount: 100)
    network.settle(now: 1_000_000_000)
    let (changed, rate) = (network.rateChangeCount - before, network.rate(of: apart))
    #expect(changed == 2)
    #expect(rate == 10)
  }

  /// Three flows of a collective start and one ends at an instant; one settlement changes each rate once.
  @Test func `changes of one instant are one settlement`() {
    var network = FluidNetwork(capacities: [12])
    let route = network.registerRoute([LinkUse(link: 0)])
    let first = network.add(route: route, amount: 100)
    network.settle(now: 0)
    network.remove(first)
    for _ in 0..<3 { network.add(route: route, amount: 100) }
    network.settle(now: 5)
    let (changes, load) = (network.rateChangeCount, network.load(ofLink: 0))
    #expect(changes == 4)
    #expect(load == 12)
  }

  @Test func `numbers of flows are used again`() {
    var network = FluidNetwork(capacities: [1])
    let route = network.registerRoute([LinkUse(link: 0)])
    for _ in 0..<50 {
      let flow = network.add(route: route, amount: 1)
      network.settle(now: network.now)
      network.remove(flow)
      network.settle(now: network.now + 1)
      #expect(flow.index == 0)
    }
    let count = network.flowCount
    #expect(count == 0)
  }
}
