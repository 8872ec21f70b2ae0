import Network
import TestSupport

/// A kind of traffic to generate.
enum TrafficKind: String, CaseIterable, Sendable {
  /// Any links, weights and caps.
  case anything
  /// Pairs of cards of neighbouring nodes.
  case rails
  /// Cards below leaves with few uplinks.
  case spine
  /// All messages cross one trunk.
  case trunk
  /// Collectives on many links among messages on few.
  case collectives
  /// Stretches of a line of links: what one gives up wanders along.
  case line
  /// Capacities over nine orders of magnitude, weights over six.
  case extremes

  /// All kinds whose times are far from 2^53 nanoseconds, and whose rates a bisection can tell apart.
  static let moderate = allCases.filter { $0 != .extremes }
}

/// Links and a source of flows on them, the same for the same seed.
struct SharingCase {
  let kind: TrafficKind
  let capacities: [Double]
  var generator: SeededGenerator

  init(_ kind: TrafficKind, seed: UInt64, links: Int = 24) {
    var generator = SeededGenerator(seed: seed)
    self.kind = kind
    // Links of different speed, and some of the same, so that levels tie.
    capacities = (0..<links).map { _ in
      guard kind != .extremes else { return Self.power(from: 3, to: 12, &generator) }
      return generator.once(in: 3) ? 50e9 : Double.random(in: 1e9...100e9, using: &generator)
    }
    self.generator = generator
  }

  /// The next flow.
  mutating func flow() -> FairFlow {
    let cap = generator.once(in: 4) ? Double.random(in: 1e8...60e9, using: &generator) : .infinity
    return FairFlow(uses: uses(), cap: cap)
  }

  /// Payload bytes, from one to a gigabyte; now and then nothing.
  mutating func amount() -> Double {
    if generator.once(in: 20) { return 0 }
    return Double(Int.random(in: 1...(1 << Int.random(in: 4...30, using: &generator)), using: &generator))
  }

  private mutating func uses() -> [LinkUse] {
    let half = capacities.count / 2
    switch kind {
    case .anything:
      return (0..<Int.random(in: 1...5, using: &generator)).map { _ in randomUse(weightUpTo: 3) }
    case .rails:
      let card = Int.random(in: 0..<half, using: &generator)
      let step = generator.once(in: 2) ? 2 : half - 2
      return [LinkUse(link: card), LinkUse(link: half + (card + step) % half)]
    case .spine:
      let core = Int.random(in: (capacities.count - 4)..<capacities.count, using: &generator)
      return [
        LinkUse(link: Int.random(in: 0..<half, using: &generator)), LinkUse(link: core),
        LinkUse(link: Int.random(in: half..<(capacities.count - 4), using: &generator)),
      ]
    case .trunk:
      return [LinkUse(link: 0), randomUse(weightUpTo: 1)]
    case .collectives:
      guard generator.once(in: 3) else { return [randomUse(weightUpTo: 1), randomUse(weightUpTo: 1)] }
      let first = Int.random(in: 0..<half, using: &generator)
      return (first..<(first + half)).map { LinkUse(link: $0, weight: 1.75) }
    case .line:
      let first = Int.random(in: capacities.indices, using: &generator)
      let last = min(first + Int.random(in: 0...6, using: &generator), capacities.count - 1)
      return (first...last).map { LinkUse(link: $0) }
    case .extremes:
      return (0..<Int.random(in: 1...5, using: &generator)).map { _ in
        LinkUse(link: randomUse(weightUpTo: 1).link, weight: Self.power(from: -3, to: 3, &generator))
      }
    }
  }

  /// A power of ten.
  private static func power(from low: Int, to high: Int, _ generator: inout SeededGenerator) -> Double {
    var value = Double.random(in: 1...10, using: &generator)
    for _ in 0..<(Int.random(in: low..<high, using: &generator) + 9) { value *= 10 }
    return value / 1e9
  }

  private mutating func randomUse(weightUpTo limit: Double) -> LinkUse {
    let weight = limit > 1 ? Double.random(in: 0.1...limit, using: &generator) : 1
    return LinkUse(link: Int.random(in: capacities.indices, using: &generator), weight: weight)
  }
}

/// Whether two numbers agree up to a relative difference.
func agree(_ left: Double, _ right: Double, within tolerance: Double) -> Bool {
  left == right || abs(left - right) <= tolerance * max(abs(left), abs(right))
}
