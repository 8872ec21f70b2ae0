import EventKernel
import Network
import Quantities

/// Which operations of compiled programs are flows on shared links, and over which routes each simulated rank sends them.
struct NetworkPlan: Sendable {
  /// One operation as a flow.
  struct Demand: Hashable, Sendable {
    /// Index of the route among the routes of its rank; -1 for an operation that is no flow.
    var route: Int32 = -1
    /// Payload bytes.
    var amount = 0.0
    /// Nanoseconds between the end of the flow and the end of the operation.
    var latency: Int64 = 0
  }

  /// Bytes per second of each link.
  var capacities: [Double] = []
  /// Links of each route with their weights.
  var routes: [[LinkUse]] = []
  /// Demand of each operation of the program set; empty when nothing is shared.
  var demands: [Demand] = []
  /// Routes per simulated rank.
  var routesPerRank = 0
  /// Route of each rank and index; shape `[ranks * routesPerRank]`, -1 for none.
  var routeOfRank: [Int32] = []

  /// Whether there are flows at all.
  var isShared: Bool { !demands.isEmpty }
}

/// The fluid network of a run, and which operations wait for its flows.
struct SharedNetwork: ~Copyable {
  /// Payload of the event that gives all flows their rates.
  static let settlement = UInt32((1 << 28) - 1)
  /// Payload of the event at which the first flow may have ended.
  static let wake = UInt32((1 << 28) - 2)

  let isShared: Bool
  private var network: FluidNetwork
  private var routes: [RouteID] = []
  private let demands: FixedBuffer<NetworkPlan.Demand>
  private let routeOfRank: FixedBuffer<Int32>
  private let routesPerRank: Int
  /// First stream slot that waits for each flow; indexed by the flow.
  private var firstSlot: [Int32] = []
  /// Nanoseconds after the end of each flow.
  private var latency: [Int64] = []
  private var settlementIsDue = false

  init(_ plan: NetworkPlan) {
    isShared = plan.isShared
    network = FluidNetwork(capacities: plan.capacities)
    demands = FixedBuffer(plan.demands)
    routeOfRank = FixedBuffer(plan.routeOfRank)
    routesPerRank = plan.routesPerRank
    for route in plan.routes { routes.append(network.registerRoute(route)) }
  }

  /// Whether an operation is a flow.
  @inline(__always)
  func isFlow(_ operation: Int) -> Bool { isShared && demands[operation].route >= 0 }

  /// Starts the flow of an operation; the streams from `slot` on wait for it.
  mutating func start(operation: Int, rank: Int, slot: Int, now: Int64, queue: inout EventQueue) {
    let demand = demands[operation]
    let route = Int(routeOfRank[rank * routesPerRank + Int(demand.route)])
    let flow = network.add(route: routes[route], amount: demand.amount)
    while firstSlot.count <= flow.index {
      firstSlot.append(-1)
      latency.append(0)
    }
    firstSlot[flow.index] = Int32(truncatingIfNeeded: slot)
    latency[flow.index] = demand.latency
    requestSettlement(now: now, queue: &queue)
  }

  /// Gives all flows their rates and asks to be woken at the first end.
  mutating func settle(now: Int64, queue: inout EventQueue) {
    settlementIsDue = false
    network.settle(now: now)
    guard let finish = network.nextFinish else { return }
    queue.schedule(at: SimTime(nanoseconds: max(now, finish.time)), phase: .completion, payload: Self.wake)
  }

  /// Ends a flow that is due at `now`; `nil` when none is.
  mutating func endNext(now: Int64, queue: inout EventQueue) -> (firstSlot: Int, end: Int64)? {
    guard let finish = network.nextFinish, finish.time <= now else { return nil }
    network.remove(finish.flow)
    requestSettlement(now: now, queue: &queue)
    return (Int(firstSlot[finish.flow.index]), now + latency[finish.flow.index])
  }

  private mutating func requestSettlement(now: Int64, queue: inout EventQueue) {
    guard !settlementIsDue else { return }
    settlementIsDue = true
    queue.schedule(at: SimTime(nanoseconds: now), phase: .settlement, payload: Self.settlement)
  }
}

extension NetworkPlan.Demand: BitwiseCopyable {}
