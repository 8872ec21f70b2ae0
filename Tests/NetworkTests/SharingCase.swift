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
      generator.once(in: 3) ? 50e9 : Double.random(in: 1e9...100e9, using: &generator)
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
    }
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
