import Network

/// What is wrong with an allocation, by the bottleneck criterion; an empty list when it is the max-min fair one.
///
/// No link above its capacity, no flow above its cap, and every flow below its cap on a full link where none is faster.
func fairnessProblems(capacities: [Double], flows: [FairFlow], rates: [Double]) -> [String] {
  var problems: [String] = []
  var loads = capacities.map { _ in 0.0 }
  var fastest = loads
  for (flow, rate) in zip(flows, rates) {
    for use in flow.uses where use.weight > 0 {
      loads[use.link] += use.weight * rate
      fastest[use.link] = max(fastest[use.link], rate)
    }
  }
  for link in capacities.indices where loads[link] > capacities[link] * (1 + 1e-9) {
    problems.append("link \(link) carries \(loads[link]) of \(capacities[link])")
  }
  for (index, (flow, rate)) in zip(flows, rates).enumerated() {
    if rate > flow.cap { problems.append("flow \(index) is above its cap") }
    let hasBottleneck = flow.uses.contains { use in
      use.weight > 0 && loads[use.link] >= capacities[use.link] * (1 - 1e-9)
        && rate >= fastest[use.link] * (1 - 1e-9)
    }
    let isUnbounded = rate == .infinity && flow.cap == .infinity && flow.uses.allSatisfy { $0.weight == 0 }
    if rate < flow.cap && !hasBottleneck && !isUnbounded { problems.append("flow \(index) has no bottleneck") }
  }
  return problems
}

/// Fair rates by bisection on feasibility alone: the common rate grows until it is infeasible, then each flow is tried
/// for itself, and those that cannot grow stay. Slow; knows nothing of levels, shares or bottlenecks.
struct BisectionOracle {
  let capacities: [Double]
  let flows: [FairFlow]

  /// The rates, to about 1e-9.
  func rates() -> [Double] {
    var rates = flows.map { _ in 0.0 }
    var open = Array(flows.indices)
    while !open.isEmpty {
      let common = largestCommonRate(rates, open)
      for flow in open { rates[flow] = min(common, flows[flow].cap) }
      let growing = open.filter { canGrow($0, rates) }
      if growing.count == open.count { break }
      open = growing
    }
    return rates
  }

  private func largestCommonRate(_ rates: [Double], _ open: [Int]) -> Double {
    var (low, high) = (0.0, 1e13)
    for _ in 0..<100 {
      let middle = (low + high) / 2
      var trial = rates
      for flow in open { trial[flow] = min(middle, flows[flow].cap) }
      if isFeasible(trial) { low = middle } else { high = middle }
    }
    return low
  }

  private func canGrow(_ flow: Int, _ rates: [Double]) -> Bool {
    var trial = rates
    trial[flow] += 1e-7 * max(rates[flow], 1)
    return trial[flow] <= flows[flow].cap && isFeasible(trial)
  }

  private func isFeasible(_ rates: [Double]) -> Bool {
    var left = capacities
    for (flow, rate) in zip(flows, rates) {
      for use in flow.uses { left[use.link] -= use.weight * rate }
    }
    return zip(left, capacities).allSatisfy { $0 >= -1e-10 * $1 }
  }
}
