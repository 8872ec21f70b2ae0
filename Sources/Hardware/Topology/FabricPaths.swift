import Quantities

/// Shortest ways between switches of the fabric, several of equal cost spread by a hash.
///
/// Among the links that lead one step closer, those of the highest bandwidth have equal cost. The k-th choice of a way is
/// number `floor(h / 2^64 * n)` of the n links in order of id, where h is the ``StableHash`` of (seed, source rank,
/// destination rank, k): the same on every run, and independent of what was asked before. An even spread gives each of
/// the n links the same part of what arrives at a switch.
struct FabricPaths: Sendable {
  private let topology: Topology
  private let failed: Set<Int32>
  private let seed: UInt64
  /// Number of each vertex among the switches; -1 for the others.
  private let places: [Int32]
  private let switches: Int
  /// Links to a switch from every other, by switch; -1 where there is no way.
  private var distances: [Int32: [Int16]] = [:]
  /// Even spreads between two switches, by both.
  private var spreads: [Int64: [LinkShare]] = [:]

  init(_ topology: Topology, failed: Set<Int32>, seed: UInt64) {
    self.topology = topology
    self.failed = failed
    self.seed = seed
    var count: Int32 = 0
    places = topology.vertices.map { vertex in
      guard vertex.kind.isFabric else { return -1 }
      count += 1
      return count - 1
    }
    switches = Int(count)
  }

  /// The links between a card (or GPU) and the card of another node; `nil` when switches do not join them.
  mutating func path(from source: Int32, to destination: Int32, ranks: (Int, Int)) -> [Int32]? {
    guard let (plug, unplug) = plugs(from: source, to: destination) else { return nil }
    return [plug] + walk(plug, unplug, ranks: ranks) + [unplug]
  }

  /// The same over all ways of equal cost at once.
  mutating func spread(from source: Int32, to destination: Int32) -> [LinkShare]? {
    guard let (plug, unplug) = plugs(from: source, to: destination) else { return nil }
    let (entry, exit) = (topology.links[Int(plug)].to, topology.links[Int(unplug)].from)
    return [LinkShare(link: plug, share: 1)] + spread(between: entry, and: exit) + [LinkShare(link: unplug, share: 1)]
  }

  /// The cables of two cards whose switches are nearest to each other.
  private mutating func plugs(from source: Int32, to destination: Int32) -> (plug: Int32, unplug: Int32)? {
    var best: (plug: Int32, unplug: Int32, hops: Int16)?
    for plug in topology.outgoing.links(of: source) where isUsable(plug) {
      let entry = topology.links[Int(plug)].to
      guard places[Int(entry)] >= 0 else { continue }
      for unplug in topology.incoming.links(of: destination) where isUsable(unplug) {
        let exit = topology.links[Int(unplug)].from
        guard places[Int(exit)] >= 0 else { continue }
        let hops = distances(to: exit)[Int(places[Int(entry)])]
        if hops >= 0, best.map({ hops < $0.hops }) ?? true { best = (plug, unplug, hops) }
      }
    }
    return best.map { ($0.plug, $0.unplug) }
  }

  /// What each link between two switches carries of a message, found once for each pair.
  private mutating func spread(between entry: Int32, and exit: Int32) -> [LinkShare] {
    let key = Int64(entry) << 32 | Int64(exit)
    if let known = spreads[key] { return known }
    let distances = distances(to: exit)
    var shares: [LinkShare] = []
    var level: [Int32: Double] = [entry: 1]
    while level.keys.contains(where: { $0 != exit }) {
      var next: [Int32: Double] = [:]
      for (vertex, share) in level.sorted(by: { $0.key < $1.key }) {
        let links = nextLinks(from: vertex, left: distances[Int(places[Int(vertex)])], distances)
        for link in links {
          shares.append(LinkShare(link: link, share: share / Double(links.count)))
          next[topology.links[Int(link)].to, default: 0] += share / Double(links.count)
        }
      }
      level = next
    }
    spreads[key] = shares
    return shares
  }

  private func isUsable(_ link: Int32) -> Bool { failed.isEmpty || !failed.contains(link) }

  /// The links between two switches.
  private mutating func walk(_ plug: Int32, _ unplug: Int32, ranks: (Int, Int)) -> [Int32] {
    let exit = topology.links[Int(unplug)].from
    let distances = distances(to: exit)
    var vertex = topology.links[Int(plug)].to
    var path: [Int32] = []
    while vertex != exit {
      let left = distances[Int(places[Int(vertex)])]
      let choice = choose(nextLinks(from: vertex, left: left, distances), step: path.count, ranks: ranks)
      path.append(choice)
      vertex = topology.links[Int(choice)].to
    }
    return path
  }

  private func nextLinks(from vertex: Int32, left: Int16, _ distances: [Int16]) -> [Int32] {
    var links: [Int32] = []
    var width = 0.0
    for id in topology.outgoing.links(of: vertex) where isUsable(id) {
      let link = topology.links[Int(id)]
      let place = places[Int(link.to)]
      guard place >= 0, distances[Int(place)] == left - 1, link.bandwidth.bytesPerSecond >= width else { continue }
      if link.bandwidth.bytesPerSecond > width { links.removeAll() }
      width = link.bandwidth.bytesPerSecond
      links.append(id)
    }
    return links
  }

  private func choose(_ links: [Int32], step: Int, ranks: (Int, Int)) -> Int32 {
    var hash = StableHash()
    for word in [seed, UInt64(ranks.0), UInt64(ranks.1), UInt64(step)] { hash.combine(word) }
    return links[Int(hash.value.multipliedFullWidth(by: UInt64(links.count)).high)]
  }

  /// How far every switch is from one, found once.
  private mutating func distances(to exit: Int32) -> [Int16] {
    if let known = distances[exit] { return known }
    var found = [Int16](repeating: -1, count: switches)
    found[Int(places[Int(exit)])] = 0
    var queue = [exit]
    var next = 0
    while next < queue.count {
      let vertex = queue[next]
      next += 1
      for id in topology.incoming.links(of: vertex) where isUsable(id) {
        let from = topology.links[Int(id)].from
        let place = Int(places[Int(from)])
        guard place >= 0, found[place] < 0 else { continue }
        found[place] = found[Int(places[Int(vertex)])] + 1
        queue.append(from)
      }
    }
    distances[exit] = found
    return found
  }
}
