import Network
import Quantities
import TestSupport
import Testing

/// When each flow of a list ended, in nanoseconds; nil for one that never does.
private typealias Ends = [Int64?]

/// A flow that starts at an instant.
private struct Arrival {
  let time: Int64
  let flow: FairFlow
  let amount: Double
}

/// Arrivals in the order of time, now and then several at an instant.
private func arrivals(_ traffic: inout SharingCase, count: Int) -> [Arrival] {
  var time: Int64 = 0
  return (0..<count).map { _ in
    if !traffic.generator.once(in: 3) { time += Int64.random(in: 0...3_000_000, using: &traffic.generator) }
    return Arrival(time: time, flow: traffic.flow(), amount: traffic.amount())
  }
}

/// Runs arrivals to their ends as an event loop would.
private func ends(of arrivals: [Arrival], capacities: [Double]) -> Ends {
  var network = FluidNetwork(capacities: capacities)
  var ends = Ends(repeating: nil, count: arrivals.count)
  var tags: [Int: Int] = [:]
  var next = 0
  while true {
    let finish = network.nextFinish?.time ?? .max
    let now = min(finish, next < arrivals.count ? arrivals[next].time : .max)
    guard now < .max else { return ends }
    while let finish = network.nextFinish, finish.time == now {
      network.remove(finish.flow)
      if let tag = tags[finish.flow.index] { ends[tag] = now }
    }
    while next < arrivals.count, arrivals[next].time == now {
      let arrival = arrivals[next]
      let flow = network.add(uses: arrival.flow.uses, amount: arrival.amount, cap: arrival.flow.cap)
      tags[flow.index] = next
      next += 1
    }
    network.settle(now: now)
  }
}

/// The same with the slow reference.
private func referenceEnds(of arrivals: [Arrival], capacities: [Double]) -> Ends {
  var reference = ReferenceFluid(capacities: capacities)
  var ends = Ends(repeating: nil, count: arrivals.count)
  var next = 0
  while true {
    let now = min(reference.next?.time ?? .max, next < arrivals.count ? arrivals[next].time : .max)
    guard now < .max else { return ends }
    if let finish = reference.next, finish.time == now {
      ends[finish.tag] = now
      reference.change(at: now, ending: [finish.tag], starting: [])
    } else {
      reference.change(at: now, ending: [], starting: [(next, arrivals[next].flow, arrivals[next].amount)])
      next += 1
    }
  }
}

/// The largest difference between two lists of ends; nil when one has an end the other has not.
private func largestDifference(_ left: Ends, _ right: Ends) -> Int64? {
  var largest: Int64 = 0
  for (left, right) in zip(left, right) {
    if left == nil && right == nil { continue }
    guard let left, let right else { return nil }
    largest = max(largest, abs(left - right))
  }
  return largest
}

@Suite("Fluid network: times")
struct FluidTimesTests {
  /// By hand, 100 bytes/s: alone until 0.5 s the first has 50 bytes left; then 50 bytes/s each, so it ends at 1.5 s; the
  /// second has 50 bytes left then and the link for itself: 2 s.
  @Test func `two flows share while both are there`() {
    let link = FairFlow(uses: [LinkUse(link: 0)])
    let list = [
      Arrival(time: 0, flow: link, amount: 100), Arrival(time: 500_000_000, flow: link, amount: 100),
    ]
    #expect(ends(of: list, capacities: [100]) == [1_500_000_000, 2_000_000_000])
  }

  /// By hand: 1 byte at 3 bytes/s is a third of a second, rounded up to whole nanoseconds.
  @Test func `an end is rounded up`() {
    let list = [Arrival(time: 7, flow: FairFlow(uses: [LinkUse(link: 0)]), amount: 1)]
    #expect(ends(of: list, capacities: [3]) == [7 + 333_333_334])
  }

  @Test(arguments: TrafficKind.moderate, [1, 2, 3, 4] as [UInt64])
  func `alone a flow takes the time of the closed form, to the nanosecond`(kind: TrafficKind, seed: UInt64) {
    var traffic = SharingCase(kind, seed: seed)
    for _ in 0..<50 {
      let (flow, amount) = (traffic.flow(), traffic.amount())
      let rate = MaxMinFair.rateAlone(capacities: traffic.capacities, flow: flow)
      let closedForm = Seconds(amount / rate).roundedUp.nanoseconds
      #expect(ends(of: [Arrival(time: 0, flow: flow, amount: amount)], capacities: traffic.capacities) == [closedForm])
    }
  }

  /// Each of 400 arrivals and ends may round once, and pass less than a nanosecond on.
  @Test(arguments: TrafficKind.moderate, [5, 6, 7, 8] as [UInt64])
  func `ends are those of a slow integrator`(kind: TrafficKind, seed: UInt64) {
    var traffic = SharingCase(kind, seed: seed)
    let list = arrivals(&traffic, count: 200)
    let fast = ends(of: list, capacities: traffic.capacities)
    let slow = referenceEnds(of: list, capacities: traffic.capacities)
    let difference = largestDifference(fast, slow)
    #expect(difference.map { $0 <= 3 } ?? false, "\(difference ?? -1) ns")
    #expect(!fast.contains(nil))
  }

  @Test(arguments: TrafficKind.moderate, [15, 16, 17] as [UInt64])
  func `the order of starts at an instant does not matter`(kind: TrafficKind, seed: UInt64) {
    var traffic = SharingCase(kind, seed: seed)
    let list = (0..<60).map { _ in Arrival(time: 0, flow: traffic.flow(), amount: traffic.amount()) }
    let order = list.indices.shuffled(using: &traffic.generator)
    let straight = ends(of: list, capacities: traffic.capacities)
    let shuffled = ends(of: order.map { list[$0] }, capacities: traffic.capacities)
    let difference = largestDifference(order.map { straight[$0] }, shuffled)
    #expect(difference.map { $0 <= 2 } ?? false, "\(difference ?? -1) ns")
  }

  /// Whole nanoseconds: each of the 60 ends is rounded up in both runs, and passes less than one nanosecond on.
  @Test(arguments: TrafficKind.moderate, [2.0, 3, 16])
  func `links k times as fast take a k-th of the time`(kind: TrafficKind, factor: Double) {
    var traffic = SharingCase(kind, seed: 31)
    let list = (0..<60).map { _ in
      Arrival(time: 0, flow: FairFlow(uses: traffic.flow().uses), amount: traffic.amount())
    }
    let slow = ends(of: list, capacities: traffic.capacities)
    let fast = ends(of: list, capacities: traffic.capacities.map { factor * $0 })
    let scaled = fast.map { $0.map { Int64(factor) * $0 } }
    let difference = largestDifference(slow, scaled)
    #expect(difference.map { $0 <= 60 * Int64(factor) } ?? false, "\(difference ?? -1) ns")
  }

  @Test(arguments: TrafficKind.moderate)
  func `the same changes give the same times`(kind: TrafficKind) {
    var traffic = SharingCase(kind, seed: 77)
    let list = arrivals(&traffic, count: 150)
    let first = ends(of: list, capacities: traffic.capacities)
    let second = ends(of: list, capacities: traffic.capacities)
    #expect(first == second)
  }

  @Test func `nothing to move is over at once, wherever it goes`() {
    let list = [
      Arrival(time: 3, flow: FairFlow(uses: []), amount: 5),
      Arrival(time: 4, flow: FairFlow(uses: [LinkUse(link: 0)]), amount: 0),
    ]
    #expect(ends(of: list, capacities: [0]) == [3, 4])
  }

  @Test func `nothing ends on a link without capacity`() {
    let list = [Arrival(time: 0, flow: FairFlow(uses: [LinkUse(link: 0)]), amount: 5)]
    #expect(ends(of: list, capacities: [0]) == [nil])
  }

  /// A ring of eight sends 1.75 bytes over each of 16 links per byte of payload: as one flow, and as eight messages of
  /// 1.75 times the payload on two links each.
  @Test func `a collective as one flow ends when its messages would`() {
    let links = Array(repeating: 50e9, count: 16)
    let whole = Arrival(
      time: 0, flow: FairFlow(uses: links.indices.map { LinkUse(link: $0, weight: 1.75) }), amount: 1e9)
    let parts = (0..<8).map { rank in
      Arrival(
        time: 0, flow: FairFlow(uses: [LinkUse(link: rank), LinkUse(link: 8 + (rank + 1) % 8)]), amount: 1.75e9)
    }
    #expect(ends(of: [whole], capacities: links) == [35_000_000])
    #expect(ends(of: parts, capacities: links) == Ends(repeating: 35_000_000, count: 8))
  }

  /// A flow that is due stays due when others change at the same instant before it is removed.
  @Test func `a change at the instant of an end does not delay it`() {
    var network = FluidNetwork(capacities: [3])
    let route = network.registerRoute([LinkUse(link: 0)])
    let flow = network.add(route: route, amount: 1)
    network.settle(now: 0)
    network.add(route: route, amount: 1)
    network.settle(now: 333_333_334)
    let finish = network.nextFinish
    #expect(finish?.time == 333_333_334)
    #expect(finish?.flow == flow)
  }
}
