import Quantities

/// The links of a cluster: an immutable directed graph in compact arrays.
///
/// Vertices and links are numbered in the order they were added; GPUs are the vertices ``deviceVertex(ofRank:)``. A value
/// holds at least one GPU, every GPU reaches every other, and every capacity is positive and finite.
public struct Topology: Hashable, Sendable {
  /// The vertices.
  public let vertices: [TopologyVertex]
  /// The links; both directions of a cable are links of their own.
  public let links: [TopologyLink]
  /// Capacities that links draw on, by ``TopologyLink/capacityGroup``.
  public let capacities: [Bandwidth]
  /// The kinds of link by ``TopologyLink/medium``: their efficiency by message size and their evidence.
  public let media: [LinkSpec]

  /// Names of vertices that have one of their own, by vertex; others are named by place.
  let labels: [Int32: String]
  /// Vertex of each GPU, by rank.
  let devices: [Int32]
  /// For each rank the lowest vertex of the GPUs and switches it reaches over NVLink alone.
  let islands: [Int32]
  let outgoing: Adjacency
  let incoming: Adjacency

  /// GPUs.
  public var deviceCount: Int { devices.count }

  /// The vertex of a GPU.
  public func deviceVertex(ofRank rank: Int) -> Int { Int(devices[rank]) }

  /// Ids of the links that leave a vertex, in increasing order.
  public func links(from vertex: Int) -> ArraySlice<Int32> { outgoing.links(of: Int32(vertex)) }

  /// Ids of the links that enter a vertex, in increasing order.
  public func links(to vertex: Int) -> ArraySlice<Int32> { incoming.links(of: Int32(vertex)) }

  /// Both directions of the cable a link belongs to: what fails when the cable is cut.
  public func cable(_ link: Int32) -> [Int32] {
    let reverse = links[Int(link)].reverse
    return reverse < 0 ? [link] : [min(link, reverse), max(link, reverse)]
  }

  /// The sum of the capacities of links that leave one side of a cut; shared capacities count once.
  public func cutCapacity(leaving isInside: (TopologyVertex) -> Bool) -> Bandwidth {
    let inside = vertices.map(isInside)
    var counted = Array(repeating: false, count: capacities.count)
    var total = 0.0
    for link in links where inside[Int(link.from)] && !inside[Int(link.to)] && !counted[Int(link.capacityGroup)] {
      counted[Int(link.capacityGroup)] = true
      total += capacities[Int(link.capacityGroup)].bytesPerSecond
    }
    return Bandwidth(bytesPerSecond: total)
  }
}

/// Link ids by vertex, in one array (compressed sparse rows).
struct Adjacency: Hashable, Sendable {
  private let starts: [Int32]
  private let ids: [Int32]

  /// Sorts links by the vertex at one end, keeping their order.
  init(vertexCount: Int, links: [TopologyLink], end: (TopologyLink) -> Int32) {
    var starts = [Int32](repeating: 0, count: vertexCount + 1)
    for link in links { starts[Int(end(link)) + 1] += 1 }
    for vertex in 0..<vertexCount { starts[vertex + 1] += starts[vertex] }
    var next = starts
    var ids = [Int32](repeating: 0, count: links.count)
    for (id, link) in links.enumerated() {
      let vertex = Int(end(link))
      ids[Int(next[vertex])] = Int32(id)
      next[vertex] += 1
    }
    self.starts = starts
    self.ids = ids
  }

  func links(of vertex: Int32) -> ArraySlice<Int32> { ids[Int(starts[Int(vertex)])..<Int(starts[Int(vertex) + 1])] }
}
