/// Weighted max-min fair sharing of links, as a pure function.
///
/// Flow `f` moves payload at rate `r_f` and loads link `l` with `w_fl * r_f`. The allocation is feasible when no link is
/// loaded above its capacity and no flow exceeds its cap; it is max-min fair when no rate can grow without lowering one
/// that is not larger. There is exactly one such allocation, and it is the one in which every flow below its cap has a
/// *bottleneck*: a link that is loaded to its capacity and on which no flow is faster.
///
/// Sources: D. Bertsekas, R. Gallager, "Data Networks", 2nd edition, Prentice Hall 1992, section 6.5.2 (definition,
/// bottleneck criterion, progressive filling); H. Casanova, A. Giersch, A. Legrand, M. Quinson, F. Suter, "Versatile,
/// scalable, and accurate simulation of distributed applications and platforms", J. Parallel and Distributed Computing
/// 74(10), 2014, doi:10.1016/j.jpdc.2014.06.008 (weights and caps in network simulation).
public enum MaxMinFair {
  /// The fair rate of every flow, by progressive filling.
  ///
  /// All rates grow together from zero. When a link is full, the flows on it keep the rate they have; so does a flow
  /// that reaches its cap. The others grow on until none is left.
  ///
  /// - Parameters:
  ///   - capacities: Bytes per second each link carries at most; finite, not negative.
  ///   - flows: The flows; uses name links by their index in `capacities`.
  /// - Returns: Payload bytes per second of each flow, in the order of `flows`; `.infinity` for a flow without cap that
  ///   loads no link.
  /// - Complexity: O(uses + rounds * links); at most one round per link and distinct cap.
  public static func rates(capacities: [Double], flows: [FairFlow]) -> [Double] {
    precondition(capacities.allSatisfy { $0 >= 0 && $0 < .infinity }, "a capacity must be finite, not negative")
    var filling = ProgressiveFilling(capacities: capacities, flows: flows)
    while let level = filling.nextLevel() { filling.freeze(at: level) }
    return filling.rates
  }

  /// The rate of a flow that has all links for itself: `min(cap, capacity / weight)`, in payload bytes per second.
  ///
  /// This is the bandwidth of the closed form a shared network has to agree with when nothing is shared.
  public static func rateAlone(capacities: [Double], flow: FairFlow) -> Double {
    rates(capacities: capacities, flows: [flow]).first ?? flow.cap
  }
}

/// The state of a filling between two rounds.
private struct ProgressiveFilling {
  let capacities: [Double]
  let flows: [FairFlow]
  /// Flows and weights on each link; shape `[links, users]`.
  var users: [[(flow: Int, weight: Double)]]
  /// The level at which each link will be full if nothing else freezes first; `.infinity` when no flow on it grows.
  var shares: [Double]
  var rates: [Double]
  var isFrozen: [Bool]
  var level = 0.0

  init(capacities: [Double], flows: [FairFlow]) {
    self.capacities = capacities
    self.flows = flows
    users = Array(repeating: [], count: capacities.count)
    shares = Array(repeating: .infinity, count: capacities.count)
    rates = Array(repeating: .infinity, count: flows.count)
    isFrozen = Array(repeating: false, count: flows.count)
    for (flow, description) in flows.enumerated() {
      for use in description.uses where use.weight > 0 { users[use.link].append((flow, use.weight)) }
    }
    for link in capacities.indices { updateShare(of: link) }
  }

  /// Where growth stops next; nothing when no growing flow is bounded.
  func nextLevel() -> Double? {
    var next = Double.infinity
    for share in shares where share < next { next = share }
    for (flow, description) in flows.enumerated() where !isFrozen[flow] && description.cap < next {
      next = description.cap
    }
    return next < .infinity ? next : nil
  }

  /// Ends the growth of all flows on full links and of those at their cap.
  mutating func freeze(at level: Double) {
    self.level = level
    var frozen: [Int] = []
    for (flow, description) in flows.enumerated() where !isFrozen[flow] && description.cap <= level {
      freeze(flow, &frozen)
    }
    for link in shares.indices where shares[link] <= level {
      for user in users[link] where !isFrozen[user.flow] { freeze(user.flow, &frozen) }
    }
    for flow in frozen {
      for use in flows[flow].uses { updateShare(of: use.link) }
    }
  }

  private mutating func freeze(_ flow: Int, _ frozen: inout [Int]) {
    rates[flow] = level
    isFrozen[flow] = true
    frozen.append(flow)
  }

  /// What is left of the capacity, divided among those who still grow; rounding never brings it below the level.
  private mutating func updateShare(of link: Int) {
    var left = capacities[link]
    var growing = 0.0
    for user in users[link] {
      if isFrozen[user.flow] { left -= user.weight * rates[user.flow] } else { growing += user.weight }
    }
    shares[link] = growing > 0 ? max(level, left / growing) : .infinity
  }
}
