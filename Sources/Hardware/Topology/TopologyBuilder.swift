import Quantities

/// Collects vertices and links, then checks them and makes a ``Topology``.
public struct TopologyBuilder {
  /// A cable: what each of its directions is like.
  public struct Cable: Hashable, Sendable {
    /// What sort it is.
    public var kind: LinkKind
    /// Place of its ``LinkSpec``, from ``TopologyBuilder/medium(_:)``.
    public var medium: Int32
    /// Peak rate per direction (of both together for half duplex), all bonded links together.
    public var bandwidth: Bandwidth
    /// What one crossing adds to the time of a message's first byte.
    public var latency: Seconds
    /// Physical links bonded into it.
    public var bonded = 1
    /// How its directions relate.
    public var duplex = Duplex.full

    /// Describes a cable.
    public init(
      kind: LinkKind, medium: Int32, bandwidth: Bandwidth, latency: Seconds, bonded: Int = 1, duplex: Duplex = .full
    ) {
      self.kind = kind
      self.medium = medium
      self.bandwidth = bandwidth
      self.latency = latency
      self.bonded = bonded
      self.duplex = duplex
    }
  }

  private var vertices: [TopologyVertex] = []
  private var links: [TopologyLink] = []
  private var capacities: [Bandwidth] = []
  private var media: [LinkSpec] = []
  private var labels: [Int32: String] = [:]
  private var devices: [Int32] = []

  /// Starts with nothing.
  public init() {}

  /// Sets aside room, so that large graphs are built without copying.
  mutating func reserve(vertices: Int, cables: Int) {
    self.vertices.reserveCapacity(vertices)
    links.reserveCapacity(2 * cables)
    capacities.reserveCapacity(2 * cables)
  }

  /// Adds a vertex; GPUs get ranks in the order they are added.
  ///
  /// - Parameters:
  ///   - index: Its number among its kind in its node.
  ///   - node: The node that holds it; `nil` outside nodes.
  ///   - label: A name of its own instead of one made of kind and number.
  /// - Returns: The vertex.
  @discardableResult
  public mutating func addVertex(_ kind: VertexKind, index: Int, node: Int? = nil, label: String? = nil) -> Int32 {
    let vertex = Int32(vertices.count)
    let rank = kind == .gpu ? Int32(devices.count) : -1
    vertices.append(
      TopologyVertex(kind: kind, nodeNumber: Int32(node ?? -1), number: Int32(index), rankNumber: rank))
    if kind == .gpu { devices.append(vertex) }
    if let label { labels[vertex] = label }
    return vertex
  }

  /// The place of a kind of link; equal ones are kept once.
  public mutating func medium(_ specification: LinkSpec) -> Int32 {
    if let place = media.firstIndex(of: specification) { return Int32(place) }
    media.append(specification)
    return Int32(media.count - 1)
  }

  /// Joins two vertices by both directions of a cable, or by one for a one-way link.
  ///
  /// - Returns: The link from `first` to `second`.
  @discardableResult
  public mutating func connect(_ first: Int32, _ second: Int32, _ cable: Cable) -> Int32 {
    let forward = Int32(links.count)
    let group = Int32(capacities.count)
    capacities.append(cable.bandwidth)
    let hasReverse = cable.duplex != .oneWay
    append(cable, from: first, to: second, reverse: hasReverse ? forward + 1 : -1, group: group)
    guard hasReverse else { return forward }
    if cable.duplex == .full { capacities.append(cable.bandwidth) }
    append(cable, from: second, to: first, reverse: forward, group: cable.duplex == .full ? group + 1 : group)
    return forward
  }

  private mutating func append(_ cable: Cable, from: Int32, to: Int32, reverse: Int32, group: Int32) {
    links.append(
      TopologyLink(
        from: from, to: to, reverse: reverse, capacityGroup: group, medium: cable.medium, bonded: Int32(cable.bonded),
        kind: cable.kind, bandwidth: cable.bandwidth, latency: cable.latency))
  }

  /// Checks the graph and freezes it.
  ///
  /// - Throws: ``TopologyError``: no GPU, a link without a usable capacity, a GPU nothing reaches.
  public func build() throws(TopologyError) -> Topology {
    guard !devices.isEmpty else { throw .noDevices }
    let outgoing = Adjacency(vertexCount: vertices.count, links: links) { $0.from }
    let incoming = Adjacency(vertexCount: vertices.count, links: links) { $0.to }
    let topology = Topology(
      vertices: vertices, links: links, capacities: capacities, media: media, labels: labels, devices: devices,
      islands: ScaleUpIslands.ofDevices(devices, vertexCount: vertices.count, links: links), outgoing: outgoing,
      incoming: incoming)
    try topology.validate()
    return topology
  }
}

/// Which GPUs reach each other over NVLink alone: connected components, by union and find.
enum ScaleUpIslands {
  static func ofDevices(_ devices: [Int32], vertexCount: Int, links: [TopologyLink]) -> [Int32] {
    var parents = (0..<Int32(vertexCount)).map { $0 }
    func root(_ vertex: Int32) -> Int32 {
      var vertex = vertex
      while parents[Int(vertex)] != vertex {
        parents[Int(vertex)] = parents[Int(parents[Int(vertex)])]
        vertex = parents[Int(vertex)]
      }
      return vertex
    }
    for link in links where link.kind.isScaleUp {
      let (first, second) = (root(link.from), root(link.to))
      if first != second { parents[Int(max(first, second))] = min(first, second) }
    }
    return devices.map(root)
  }
}

extension Topology {
  /// Every capacity is positive and finite, every GPU reaches GPU 0 and is reached by it.
  func validate() throws(TopologyError) {
    for (id, link) in links.enumerated() {
      let isUsable = link.bandwidth.bytesPerSecond > 0 && link.bandwidth.bytesPerSecond.isFinite
      guard isUsable, link.latency.value >= 0, link.latency.value.isFinite else {
        throw .badLink(name(ofLink: Int32(id)))
      }
    }
    let forward = reached { vertex in outgoing.links(of: vertex).lazy.map { links[Int($0)].to } }
    let backward = reached { vertex in incoming.links(of: vertex).lazy.map { links[Int($0)].from } }
    if let rank = devices.firstIndex(where: { !forward[Int($0)] || !backward[Int($0)] }) {
      throw .unreachable(rank: rank, name: name(ofVertex: Int(devices[rank])))
    }
  }

  /// The vertices that following `neighbours` from GPU 0 visits.
  private func reached(_ neighbours: (Int32) -> some Sequence<Int32>) -> [Bool] {
    var visited = Array(repeating: false, count: vertices.count)
    var queue = [devices[0]]
    visited[Int(devices[0])] = true
    while let vertex = queue.popLast() {
      for next in neighbours(vertex) where !visited[Int(next)] {
        visited[Int(next)] = true
        queue.append(next)
      }
    }
    return visited
  }
}
