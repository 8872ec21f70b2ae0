import Network

/// Traffic on 1,024 network cards of 50 GB/s below 32 leaf switches.
enum FluidPattern: CaseIterable {
  /// From a card to the same rail of the next or the previous node: two links, nothing in the core.
  case rail
  /// Between any two cards, over one of 16 spines: twice as many cards as uplinks.
  case spine
  /// The same over 4 spines: eight times as many cards as uplinks, so that nearly all flows depend on one another.
  case giant

  static let cardCount = 1024
  private static let leafCount = 32

  /// For the table.
  var name: String {
    switch self {
    case .rail: "rail neighbours"
    case .spine: "random, 2:1 spine"
    case .giant: "random, 8:1 spine"
    }
  }

  private var spineCount: Int { self == .giant ? 4 : 16 }

  /// Links: sending and receiving side of each card, then up and down of each leaf and spine.
  var linkCount: Int { 2 * (Self.cardCount + Self.leafCount * spineCount) }

  /// The links of a random message.
  func uses(_ random: inout FluidRandom) -> [LinkUse] {
    let (cards, leaves, spines) = (Self.cardCount, Self.leafCount, spineCount)
    let source = random.below(cards)
    guard self != .rail else {
      let target = (source + (random.below(2) == 0 ? 8 : cards - 8)) % cards
      return [LinkUse(link: source), LinkUse(link: cards + target)]
    }
    let target = (source + 1 + random.below(cards - 1)) % cards
    let (up, down) = (source / leaves, target / leaves)
    let ends = [LinkUse(link: source), LinkUse(link: cards + target)]
    guard up != down else { return ends }
    let spine = random.below(spines)
    let core = 2 * cards + up * spines + spine
    return ends + [LinkUse(link: core), LinkUse(link: core + (down - up + leaves) * spines)]
  }
}

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), enough to make traffic.
struct FluidRandom {
  private var state: UInt64

  /// Starts a sequence.
  init(seed: UInt64) { state = seed }

  /// A number from zero up to a bound.
  mutating func below(_ bound: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((word ^ (word >> 31)) % UInt64(bound))
  }
}

/// A closed loop: as soon as a message has arrived, another one starts.
struct FluidTimes {
  let pattern: FluidPattern
  let flows: Int
  /// Starts and finishes in each sample.
  let events: Int
  /// Rates that change per start or finish.
  private(set) var rateChanges = 0.0
  /// Levels put right per start or finish.
  private(set) var levelChanges = 0.0
  private(set) var samples = Samples()

  /// Runs the loop again and again on the same traffic.
  init(_ pattern: FluidPattern, flows: Int, events: Int, repetitions: Int) {
    self.pattern = pattern
    self.flows = flows
    self.events = events
    for _ in 0..<repetitions { run() }
  }

  private mutating func run() {
    var random = FluidRandom(seed: 1)
    var network = FluidNetwork(capacities: Array(repeating: 50e9, count: pattern.linkCount))
    let routes = (0..<(1 << 15)).map { _ in network.registerRoute(pattern.uses(&random)) }
    for _ in 0..<flows { start(&network, routes, &random) }
    network.settle(now: 0)
    advance(&network, routes, &random, finishes: flows)
    let (rates, levels) = (network.rateChangeCount, network.levelChangeCount)
    samples.add(measure { advance(&network, routes, &random, finishes: events / 2) })
    rateChanges = Double(network.rateChangeCount - rates) / Double(events)
    levelChanges = Double(network.levelChangeCount - levels) / Double(events)
  }

  /// Takes a random route and between 1 and 65 MB.
  private func start(_ network: inout FluidNetwork, _ routes: [RouteID], _ random: inout FluidRandom) {
    network.add(route: routes[random.below(routes.count)], amount: 1e6 + Double(random.below(64_000_000)))
  }

  /// Every finish makes a start at the same instant; both are one settlement.
  private func advance(
    _ network: inout FluidNetwork, _ routes: [RouteID], _ random: inout FluidRandom, finishes: Int
  ) {
    var count = 0
    while count < finishes, let now = network.nextFinish?.time {
      while let finish = network.nextFinish, finish.time == now {
        network.remove(finish.flow)
        start(&network, routes, &random)
        count += 1
      }
      network.settle(now: now)
    }
  }
}

/// One collective after another on all cards of a cluster, each one weighted flow.
struct CollectiveFlowTimes {
  let ranks: Int
  let starts: Int
  private(set) var samples = Samples()

  /// Runs all-reduces of 1 GiB on a ring: every card sends and receives `2(n-1)/n` bytes per byte of payload.
  init(ranks: Int, starts: Int, repetitions: Int) {
    self.ranks = ranks
    self.starts = starts
    let weight = 2 * Double(ranks - 1) / Double(ranks)
    for _ in 0..<repetitions {
      var network = FluidNetwork(capacities: Array(repeating: 50e9, count: 2 * ranks))
      let route = network.registerRoute((0..<(2 * ranks)).map { LinkUse(link: $0, weight: weight) })
      samples.add(measure { Self.run(&network, route, starts: starts) })
    }
  }

  private static func run(_ network: inout FluidNetwork, _ route: RouteID, starts: Int) {
    for _ in 0..<starts {
      network.add(route: route, amount: 1_073_741_824)
      network.settle(now: network.now)
      guard let finish = network.nextFinish else { return }
      network.remove(finish.flow)
      network.settle(now: finish.time)
    }
  }
}
