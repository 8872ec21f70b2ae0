import Quantities

/// Links shared by flows that come and go: fluid flows at max-min fair rates.
///
/// Between two changes every flow progresses at a constant rate, the one ``MaxMinFair`` gives. The network schedules
/// nothing by itself. An event loop adds and removes flows, calls ``settle(now:)`` once for all changes of an instant,
/// and then schedules one wake-up at ``nextFinish``:
///
///     let route = network.registerRoute([LinkUse(link: 0), LinkUse(link: 3)])
///     network.add(route: route, amount: 1e9)
///     network.settle(now: 0)
///     while let finish = network.nextFinish {          // the loop's wake-up at `finish.time`
///       network.remove(finish.flow)
///       network.settle(now: finish.time)
///     }
///
/// A collective is one flow: its route says how many bytes each link carries per byte of payload.
///
/// A settlement works on what has changed only. Every full link has a *level*, the rate of its fastest flows; a flow has
/// the smallest level among its links, or its cap. A change makes some loads wrong; levels are put right from the lowest
/// up (``repairRates()``), so that nothing below the change and nothing unconnected with it is looked at.
///
/// - Complexity: memory O(links + uses of all routes + uses of the flows at a time); starting a flow allocates nothing
///   once as many flows of as many uses have been under way before.
public struct FluidNetwork: ~Copyable {
  var flows = GrowingBuffer<FlowState>()
  /// Rate of each flow; during a repair it may be passing.
  var rates = GrowingBuffer<Double>()
  var links: GrowingBuffer<LinkState>
  /// Level of each link; `.infinity` for a link that bounds nobody.
  var levels: GrowingBuffer<Double>
  var users = BlockPool<LinkUser>(filler: LinkUser(flow: -1, use: 0, weight: 0))
  /// Where each use of a flow stands in the list of its link.
  var places = BlockPool<Int32>(filler: 0)
  var routes = GrowingBuffer<RouteState>()
  var routeUses = GrowingBuffer<RouteUse>()
  var freeFlows = GrowingBuffer<Int32>()
  var removedFlows = GrowingBuffer<Int32>()
  var notedFlows = GrowingBuffer<Int32>()
  var staleLinks = GrowingBuffer<Int32>()
  /// Links whose level is wrong, by the lower of the wrong and the right level.
  var wrongLinks: IndexedHeap
  /// Flows by the time of their end.
  var finishes = IndexedHeap(numbers: 0)
  var usage: GrowingBuffer<LinkUsage>
  var history: LinkHistory
  /// Levels put right in one settlement before everything is filled anew; for tests.
  var repairLimit: Int
  var isFilling = false

  /// Instant of the last settlement, in nanoseconds.
  public private(set) var now: Int64 = 0
  /// Flows under way.
  public private(set) var flowCount = 0
  /// Rates that have changed so far, over all settlements: the work a load pattern causes.
  public internal(set) var rateChangeCount = 0
  /// Levels put right so far, over all settlements.
  public internal(set) var levelChangeCount = 0

  /// Links without flows.
  ///
  /// - Parameters:
  ///   - capacities: Bytes per second of each link, one direction; finite, not negative.
  ///   - historyIntervals: Intervals of ``history(ofLink:)``; 0 keeps none.
  public init(capacities: [Double], historyIntervals: Int = 0) {
    precondition(capacities.allSatisfy { $0 >= 0 && $0 < .infinity }, "a capacity must be finite, not negative")
    links = GrowingBuffer(capacity: capacities.count)
    levels = GrowingBuffer(repeating: .infinity, count: capacities.count)
    for capacity in capacities {
      links.append(LinkState(capacity: capacity, firstUser: users.take(size: 0)))
    }
    wrongLinks = IndexedHeap(numbers: capacities.count)
    usage = GrowingBuffer(repeating: LinkUsage(), count: capacities.count)
    history = LinkHistory(intervals: historyIntervals, links: capacities.count)
    repairLimit = 4 * capacities.count + 64
  }

  /// Links without flows, from typed bandwidths.
  public init(capacities: [Bandwidth], historyIntervals: Int = 0) {
    self.init(capacities: capacities.map(\.bytesPerSecond), historyIntervals: historyIntervals)
  }

  /// Number of links.
  public var linkCount: Int { links.count }

  // MARK: Flows

  /// Starts a flow at the instant of the next settlement.
  ///
  /// - Parameters:
  ///   - route: The links it loads.
  ///   - amount: Payload bytes; finite, not negative. Link `l` carries `weight_l` times as many.
  ///   - cap: Payload bytes per second the endpoints allow at most.
  /// - Returns: The flow; known to ``nextFinish`` after the next settlement.
  @discardableResult
  public mutating func add(route: RouteID, amount: Double, cap: Double = .infinity) -> FlowID {
    precondition(amount >= 0 && amount < .infinity && cap >= 0, "an amount is finite; none is negative")
    let state = routes[route.index]
    let flow = freeFlows.popLast().map { Int($0) } ?? appendFlow()
    flows[flow] = FlowState(
      remaining: amount, cap: min(cap, state.rateAlone), since: now, route: Int32(truncatingIfNeeded: route.index),
      firstPlace: places.take(size: Int(state.size)))
    rates[flow] = bound(of: flow)
    flowCount += 1
    note(flow)
    attach(flow)
    return FlowID(index: flow)
  }

  /// Starts a flow on a route of its own; for flows that are alike, register the route once.
  @discardableResult
  public mutating func add(uses: [LinkUse], amount: Double, cap: Double = .infinity) -> FlowID {
    let route = registerRoute(uses)
    return add(route: route, amount: amount, cap: cap)
  }

  /// Bounds the rate of a flow under way otherwise, from the instant of the next settlement on.
  ///
  /// - Parameter cap: Payload bytes per second the endpoints allow at most; not negative.
  public mutating func setCap(of flow: FlowID, to cap: Double) {
    precondition(flow.index < flows.count && flows[flow.index].isActive && cap >= 0, "a cap of a flow under way")
    let state = flows[flow.index]
    let bounded = min(cap, routes[Int(state.route)].rateAlone)
    guard bounded != state.cap else { return }
    flows[flow.index].cap = bounded
    rates[flow.index] = bound(of: flow.index)
    note(flow.index)
    let route = routes[Int(state.route)]
    for use in Int(route.firstUse)..<Int(route.firstUse + route.useCount) { markStale(Int(routeUses[use].link)) }
  }

  /// Ends a flow, finished or not, at the instant of the next settlement.
  ///
  /// - Precondition: the flow is under way.
  public mutating func remove(_ flow: FlowID) {
    precondition(flow.index < flows.count && flows[flow.index].isActive, "only a flow under way can be removed")
    flows[flow.index].isActive = false
    flowCount -= 1
    finishes.remove(flow.index)
    removedFlows.append(Int32(truncatingIfNeeded: flow.index))
  }

  /// Gives every flow its fair rate from an instant on; all flows added and removed since the last call change then.
  ///
  /// - Parameter instant: Nanoseconds; not before the last settlement. Flows that should have ended before are late.
  public mutating func settle(now instant: Int64) {
    precondition(instant >= now, "time does not run backwards")
    now = instant
    while let flow = removedFlows.popLast() { detach(Int(flow)) }
    repairRates()
    while let flow = notedFlows.popLast() { updateFinish(of: Int(flow)) }
  }

  /// The flow that ends first if nothing changes; nothing when no flow moves. Valid after a settlement.
  public var nextFinish: FlowFinish? {
    guard let first = finishes.first else { return nil }
    return FlowFinish(time: Int64(first.key), flow: FlowID(index: first.number))
  }

  private mutating func appendFlow() -> Int {
    flows.append(FlowState(remaining: 0, cap: 0, since: 0, route: 0, firstPlace: 0))
    rates.append(0)
    finishes.appendNumber()
    return flows.count - 1
  }

  /// Brings a flow's progress up to date and computes its end anew, if its rate is another one.
  private mutating func updateFinish(of flow: Int) {
    var state = flows[flow]
    flows[flow].isNoted = false
    guard state.isActive else { return }
    let rate = rates[flow]
    let difference = rate > state.rate ? rate - state.rate : state.rate - rate
    guard difference > LinkState.tolerance * state.rate || !finishes.contains(flow) else { return }
    rateChangeCount += 1
    state.isNoted = false
    let left = state.remaining(at: now)
    let isOver = finishes.key(of: flow).map { Int64($0) <= now } ?? false
    state.remaining = left
    state.since = now
    state.rate = rate
    flows[flow] = state
    if isOver { return }
    setFinish(of: flow, left: left, rate: rate)
  }

  private mutating func setFinish(of flow: Int, left: Double, rate: Double) {
    let nanoseconds = left > 0 ? (left / rate * 1e9).rounded(.up) : 0
    guard nanoseconds < Double(Int64.max - now) else { return finishes.remove(flow) }
    finishes.set(flow, key: UInt64(now + Int64(nanoseconds)))
  }
}
