import EventKernel
import Network
import Quantities

/// The fluid network of a run, which operations wait for its flows, and what sharing cost them.
struct SharedNetwork: ~Copyable {
  /// Payload of the event that gives all flows their rates.
  static let settlement = UInt32((1 << 28) - 1)
  /// Payload of the event at which the first flow may have ended.
  static let wake = UInt32((1 << 28) - 2)
  /// Intervals of a link's history.
  static let intervals = 256

  let isShared: Bool
  private let plan: NetworkPlan
  private var network: FluidNetwork
  private var routes: [RouteID] = []
  private let demands: FixedBuffer<NetworkPlan.Demand>
  private let routeOfRank: FixedBuffer<Int32>
  private var settlementIsDue = false
  /// Every flow under way, by its number.
  private var flows: [Passage] = []
  /// Time each link had been full when a flow started; shape `[flows * longestRoute]`.
  private var fullBefore: [Int64] = []
  /// Flows with a kernel beside them, by their numbers.
  private var slowed: [Int] = []
  private let longestRoute: Int
  private var totals: [PartyTotal]
  /// Nanoseconds lost for which each link was to blame.
  private var delays: [Int64]

  /// A flow under way.
  private struct Passage {
    var id: FlowID
    var route: Int
    var firstSlot: Int32
    var amount: Double
    var start: Int64
    /// Nanoseconds after the end of the flow.
    var latency: Int64
    /// Up to when what kernels cost it is booked; -1 when none runs beside it.
    var slowedSince: Int64 = -1
    /// Rate alone over rate beside kernels.
    var slowdown = 1.0
    /// Nanoseconds lost to kernels so far.
    var lostToKernels = 0.0
  }

  /// What the flows of a party add up to.
  private struct PartyTotal {
    var calls = 0
    var alone = 0.0
    var lostToSharing: Int64 = 0
    var lostToKernels = 0.0
    /// Nanoseconds lost, by link.
    var blame: [Int: Int64] = [:]
  }

  init(_ plan: NetworkPlan) {
    self.plan = plan
    isShared = plan.isShared
    network = FluidNetwork(capacities: plan.links.map(\.capacity), historyIntervals: Self.intervals)
    demands = FixedBuffer(plan.demands)
    routeOfRank = FixedBuffer(plan.routeOfRank)
    for route in plan.routes { routes.append(network.registerRoute(route)) }
    longestRoute = plan.routes.map(\.count).max() ?? 0
    totals = Array(repeating: PartyTotal(), count: plan.parties.count)
    delays = Array(repeating: 0, count: plan.links.count)
  }

  /// Whether an operation is a flow.
  @inline(__always)
  func isFlow(_ operation: Int) -> Bool { isShared && demands[operation].route >= 0 }

  /// Starts the flow of an operation; the streams from `slot` on wait for it.
  ///
  /// - Returns: The number of the flow, until it ends.
  mutating func start(operation: Int, rank: Int, slot: Int, now: Int64, queue: inout EventQueue) -> Int32 {
    let demand = demands[operation]
    let route = Int(routeOfRank[rank * plan.routesPerRank + Int(demand.route)])
    let flow = network.add(route: routes[route], amount: demand.amount)
    let passage = Passage(
      id: flow, route: route, firstSlot: Int32(truncatingIfNeeded: slot), amount: demand.amount, start: now,
      latency: demand.latency)
    if flow.index < flows.count {
      flows[flow.index] = passage
    } else {
      flows.append(passage)
      fullBefore += repeatElement(0, count: longestRoute)
    }
    for (place, use) in plan.routes[route].enumerated() {
      fullBefore[flow.index * longestRoute + place] = network.usage(ofLink: use.link, at: now).saturated
    }
    requestSettlement(now: now, queue: &queue)
    return Int32(truncatingIfNeeded: flow.index)
  }

  /// Lets a flow go at the fraction `1 / factor` of its rate alone at most, from now on; 1 sets it free.
  mutating func slow(flow: Int32, by factor: Double, now: Int64, queue: inout EventQueue) {
    let index = Int(flow)
    bookSlowdown(of: index, now: now)
    slowed.removeAll { $0 == index }
    if factor > 1 { slowed.append(index) }
    flows[index].slowedSince = factor > 1 ? now : -1
    flows[index].slowdown = factor
    network.setCap(of: flows[index].id, to: plan.rateAlone[flows[index].route] / factor)
    requestSettlement(now: now, queue: &queue)
  }

  /// Gives all flows their rates and asks to be woken at the first end.
  mutating func settle(now: Int64, queue: inout EventQueue) {
    settlementIsDue = false
    for flow in slowed { bookSlowdown(of: flow, now: now) }
    network.settle(now: now)
    guard let finish = network.nextFinish else { return }
    queue.schedule(at: SimTime(nanoseconds: max(now, finish.time)), phase: .completion, payload: Self.wake)
  }

  /// Ends a flow that is due at `now`; `nil` when none is.
  mutating func endNext(now: Int64, queue: inout EventQueue) -> (firstSlot: Int, end: Int64)? {
    guard let finish = network.nextFinish, finish.time <= now else { return nil }
    book(finish.flow.index, now: now)
    network.remove(finish.flow)
    requestSettlement(now: now, queue: &queue)
    let passage = flows[finish.flow.index]
    return (Int(passage.firstSlot), now + passage.latency)
  }

  private mutating func requestSettlement(now: Int64, queue: inout EventQueue) {
    guard !settlementIsDue else { return }
    settlementIsDue = true
    queue.schedule(at: SimTime(nanoseconds: now), phase: .settlement, payload: Self.settlement)
  }

  // MARK: Accounts

  /// Notes what the kernel beside a flow has cost it since the last time: only what its cap held back counts, not what a
  /// full link did. Rates change at settlements only, and each settlement books first.
  private mutating func bookSlowdown(of flow: Int, now: Int64) {
    let passage = flows[flow]
    guard passage.slowedSince >= 0 else { return }
    flows[flow].slowedSince = now
    let cap = plan.rateAlone[passage.route] / passage.slowdown
    guard network.rate(of: passage.id) >= cap * (1 - 1e-9) else { return }
    flows[flow].lostToKernels += Double(now - passage.slowedSince) * (1 - 1 / passage.slowdown)
  }

  /// Notes what a flow that ends has lost, and to which link.
  private mutating func book(_ flow: Int, now: Int64) {
    bookSlowdown(of: flow, now: now)
    slowed.removeAll { $0 == flow }
    let passage = flows[flow]
    let party = plan.partyOfRoute[passage.route]
    let alone = passage.amount / plan.rateAlone[passage.route] * 1e9
    let lost = Double(now - passage.start) - alone - passage.lostToKernels
    totals[party].calls += 1
    totals[party].alone += alone
    totals[party].lostToKernels += passage.lostToKernels
    // A flow ends at a whole nanosecond, and so does every change of its rate.
    guard lost > 2 else { return }
    totals[party].lostToSharing += Int64(lost)
    if let link = bottleneck(of: flow, now: now) {
      totals[party].blame[link, default: 0] += Int64(lost)
      delays[link] += Int64(lost)
    }
  }

  /// The link of a flow's route that was full for longest since it started; the first of equals.
  private func bottleneck(of flow: Int, now: Int64) -> Int? {
    var worst: (link: Int, full: Int64)?
    for (place, use) in plan.routes[flows[flow].route].enumerated() {
      let full = network.usage(ofLink: use.link, at: now).saturated - fullBefore[flow * longestRoute + place]
      if full > worst?.full ?? 0 { worst = (use.link, full) }
    }
    return worst?.link
  }

  /// What the links did up to an instant.
  ///
  /// - Parameter waits: What the members of each party's groups waited for each other; shape `[parties]`.
  func report(at end: Int64, waits: [PartyWait]) -> NetworkReport {
    let links = plan.links.indices.map { index in
      let usage = network.usage(ofLink: index, at: max(end, network.now))
      let link = plan.links[index]
      return NetworkReport.Link(
        name: link.name, kind: link.kind, count: link.count,
        capacity: Bandwidth(bytesPerSecond: link.capacity), bytes: usage.bytes,
        busy: SimDuration(nanoseconds: usage.busy), saturated: SimDuration(nanoseconds: usage.saturated),
        delay: SimDuration(nanoseconds: delays[index]), history: network.history(ofLink: index))
    }
    let groups = plan.parties.indices.map { index in
      let (party, total) = (plan.parties[index], totals[index])
      let worst = total.blame.max { $0.value != $1.value ? $0.value < $1.value : $0.key > $1.key }
      return NetworkReport.Group(
        name: party.name, stage: party.stage, members: party.members, count: party.count, calls: total.calls,
        alone: SimDuration(nanoseconds: Int64(total.alone)),
        lostToSharing: SimDuration(nanoseconds: total.lostToSharing),
        lostToKernels: SimDuration(nanoseconds: Int64(total.lostToKernels)),
        waited: SimDuration(nanoseconds: waits[index].time), worstLink: worst?.key, lastRank: waits[index].lastRank)
    }
    return NetworkReport(
      links: links, groups: groups, interval: SimDuration(nanoseconds: network.historyWidth))
  }
}

/// How long the members of a party's groups waited for each other, and for whom most.
struct PartyWait {
  var time: Int64 = 0
  var lastRank: Int?
}
