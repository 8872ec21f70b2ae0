import Network

/// A shared network done the slow way: at every change all rates anew by the pure function, every flow moved on.
struct ReferenceFluid {
  /// A flow under way.
  private struct Running {
    let tag: Int
    let flow: FairFlow
    var left: Double
    var rate = 0.0
    var end: Int64?
  }

  let capacities: [Double]
  private var running: [Running] = []
  private var now: Int64 = 0

  init(capacities: [Double]) { self.capacities = capacities }

  /// The first flow to end, and when.
  var next: (time: Int64, tag: Int)? {
    var best: (time: Int64, tag: Int)?
    for flow in running {
      guard let end = flow.end else { continue }
      if end < best?.time ?? .max { best = (end, flow.tag) }
    }
    return best
  }

  /// Moves on to an instant, ends some flows, starts others, and shares anew.
  mutating func change(at instant: Int64, ending ended: [Int], starting started: [(tag: Int, FairFlow, Double)]) {
    for index in running.indices { running[index].left -= running[index].rate * Double(instant - now) * 1e-9 }
    now = instant
    running.removeAll { ended.contains($0.tag) }
    running += started.map { Running(tag: $0.tag, flow: $0.1, left: $0.2) }
    let rates = MaxMinFair.rates(capacities: capacities, flows: running.map(\.flow))
    for (index, rate) in rates.enumerated() {
      running[index].rate = rate
      let wait = max(running[index].left, 0) / rate * 1e9
      running[index].end = running[index].left <= 0 ? now : wait < 1e18 ? now + Int64(wait.rounded(.up)) : nil
    }
  }
}
