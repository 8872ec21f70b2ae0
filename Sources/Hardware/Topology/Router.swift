import Quantities

/// Finds the ways between GPUs, each once.
///
/// The rules, in this order:
/// 1. NVLink, when it leads there: fewest links, then the highest bottleneck, then the lowest link ids; at most one GPU
///    forwards.
/// 2. Inside a node, PCIe by the same rule.
/// 3. Between nodes, and where a node has no way inside: from the GPU to its nearest network card (fewest PCIe links:
///    the same switch, else the same socket, else any; of several equally near ones GPU i of a node takes number i
///    modulo their count, its rail), through the fabric to the nearest card of the other GPU, and on to it. A message
///    between rails crosses a spine; it is not handed over to the GPU of the right rail inside the node first, as NCCL's
///    PXN would.
/// 4. Any way that GPUs do not forward on (odd free-form graphs).
///
/// Failed links are avoided; while none has failed, the way back inside a node is the way there, mirrored.
/// - Complexity: Of a new pair: the size of a node and of one search of the fabric's switches per destination switch; of
///   a known pair: constant.
public struct Router: Sendable {
  /// The graph.
  public let topology: Topology
  /// Links that carry nothing.
  public let failedLinks: Set<Int32>
  private let seed: UInt64
  private var routes: [Int: Route] = [:]
  private var exits: [Int: [Exit]] = [:]
  private var search: RouteSearch
  private var fabric: FabricPaths

  /// A network card (or a GPU that is on the fabric itself) and the ways between it and a GPU.
  private struct Exit: Sendable {
    let vertex: Int32
    let outward: [Int32]
    let inward: [Int32]
  }

  /// Looks at a graph.
  ///
  /// - Parameters:
  ///   - failedLinks: Links that carry nothing; a cut cable is both directions, see ``Topology/cable(_:)``.
  ///   - seed: Spreads equal ways differently.
  public init(_ topology: Topology, failedLinks: Set<Int32> = [], seed: UInt64 = 0) {
    self.topology = topology
    self.failedLinks = failedLinks
    self.seed = seed
    search = RouteSearch(topology, failed: failedLinks)
    fabric = FabricPaths(topology, failed: failedLinks, seed: seed)
  }

  /// The way from one GPU to another.
  ///
  /// - Throws: ``RoutingError`` when there is none, naming the failed links that cut it.
  /// - Precondition: both ranks exist.
  public mutating func route(from source: Int, to destination: Int) throws(RoutingError) -> Route {
    let key = source * topology.deviceCount + destination
    if let known = routes[key] { return known }
    guard let links = links(from: source, to: destination) else { throw failure(source, destination) }
    let route = Route(links, in: topology)
    routes[key] = route
    return route
  }

  /// The same way with every choice of the fabric split evenly: what each link carries of a message.
  ///
  /// - Throws: ``RoutingError`` when there is no way, naming the failed links that cut it.
  /// - Precondition: both ranks exist.
  public mutating func spread(from source: Int, to destination: Int) throws(RoutingError) -> [LinkShare] {
    guard let shares = shares(from: source, to: destination) else { throw failure(source, destination) }
    return shares
  }

  private mutating func shares(from source: Int, to destination: Int) -> [LinkShare]? {
    guard source != destination else { return [] }
    if let inside = symmetricPath(source, destination) { return Self.whole(inside) }
    for exit in exits(ofRank: source) {
      for entry in exits(ofRank: destination) {
        guard let middle = fabric.spread(from: exit.vertex, to: entry.vertex) else { continue }
        return Self.whole(exit.outward) + middle + Self.whole(entry.inward)
      }
    }
    return links(from: source, to: destination).map(Self.whole)
  }

  private static func whole(_ links: [Int32]) -> [LinkShare] { links.map { LinkShare(link: $0, share: 1) } }

  private mutating func links(from source: Int, to destination: Int) -> [Int32]? {
    guard source != destination else { return [] }
    if let inside = symmetricPath(source, destination) { return inside }
    if let across = pathAcross(source, destination) { return across }
    search.run(from: topology.devices[source], .any)
    return search.path(to: topology.devices[destination])
  }

  // MARK: Inside a node or an NVLink domain

  /// The way from the lower rank to the higher one, mirrored when it was asked the other way round.
  private mutating func symmetricPath(_ source: Int, _ destination: Int) -> [Int32]? {
    guard failedLinks.isEmpty, source > destination else { return pathInside(source, destination) }
    let mirrored = pathInside(destination, source).flatMap(mirror)
    return mirrored ?? pathInside(source, destination)
  }

  private mutating func pathInside(_ source: Int, _ destination: Int) -> [Int32]? {
    let (first, second) = (topology.devices[source], topology.devices[destination])
    if topology.islands[source] == topology.islands[destination] {
      search.run(from: first, .scaleUp)
      if let path = search.path(to: second) { return path }
    }
    guard topology.vertices[Int(first)].node == topology.vertices[Int(second)].node else { return nil }
    search.run(from: first, .host)
    return search.path(to: second)
  }

  /// The same cables the other way; `nil` when a direction is missing or failed.
  private func mirror(_ path: [Int32]) -> [Int32]? {
    let mirrored = path.reversed().map { topology.links[Int($0)].reverse }
    return mirrored.contains { $0 < 0 || failedLinks.contains($0) } ? nil : mirrored
  }

  // MARK: Between nodes

  private mutating func pathAcross(_ source: Int, _ destination: Int) -> [Int32]? {
    let entries = exits(ofRank: destination)
    for exit in exits(ofRank: source) {
      for entry in entries {
        let middle = fabric.path(from: exit.vertex, to: entry.vertex, ranks: (source, destination))
        if let middle { return exit.outward + middle + entry.inward }
      }
    }
    return nil
  }

  /// Cards of the GPU's node that it reaches, nearest first.
  private mutating func exits(ofRank rank: Int) -> [Exit] {
    if let known = exits[rank] { return known }
    let device = topology.devices[rank]
    search.run(from: device, .host)
    let reached = search.visited.sorted().filter { vertex in
      (vertex == device || topology.vertices[Int(vertex)].kind == .networkCard) && isOnFabric(vertex)
    }
    let outward = reached.map { ($0, search.path(to: $0) ?? []) }
    let found = outward.compactMap { vertex, path in
      inwardPath(from: vertex, to: device, mirroring: path).map { Exit(vertex: vertex, outward: path, inward: $0) }
    }
    let ordered = ordered(found, ofRank: rank)
    exits[rank] = ordered
    return ordered
  }

  private mutating func inwardPath(from vertex: Int32, to device: Int32, mirroring path: [Int32]) -> [Int32]? {
    if let mirrored = mirror(path) { return mirrored }
    search.run(from: vertex, .host)
    return search.path(to: device)
  }

  private func isOnFabric(_ vertex: Int32) -> Bool {
    topology.outgoing.links(of: vertex).contains { topology.vertices[Int(topology.links[Int($0)].to)].kind.isFabric }
  }

  /// By distance; equally near ones start with the GPU's own rail.
  private func ordered(_ exits: [Exit], ofRank rank: Int) -> [Exit] {
    let own = topology.vertices[Int(topology.devices[rank])]
    return Set(exits.map(\.outward.count)).sorted().flatMap { hops -> [Exit] in
      let equal = exits.filter { $0.outward.count == hops }
      let first = Int(own.number) % equal.count
      return Array(equal[first...] + equal[..<first])
    }
  }

  // MARK: Failures

  private func failure(_ source: Int, _ destination: Int) -> RoutingError {
    let (from, to) = (topology.deviceVertex(ofRank: source), topology.deviceVertex(ofRank: destination))
    let names = (topology.name(ofVertex: from), topology.name(ofVertex: to))
    var healthy = Router(topology, seed: seed)
    guard !failedLinks.isEmpty, let usual = healthy.links(from: source, to: destination) else {
      return .notConnected(source: names.0, destination: names.1)
    }
    let onTheWay = usual.filter { failedLinks.contains($0) }
    let named = onTheWay.isEmpty ? failedLinks.sorted() : onTheWay
    return .cut(source: names.0, destination: names.1, failed: named.map { topology.name(ofLink: $0) })
  }
}
