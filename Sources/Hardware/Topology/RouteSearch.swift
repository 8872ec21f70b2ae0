import Quantities

/// Shortest ways from one vertex, in the part of the graph a scope allows.
///
/// Fewest links first; among those the highest bottleneck; then the lowest id of the last link, and so on backwards.
/// Scratch arrays are kept from search to search, so a search costs what it visits.
struct RouteSearch: Sendable {
  /// Which links and vertices a way may use.
  enum Scope: Sendable {
    /// NVLink only, through NVSwitches and at most one forwarding GPU (the way NCCL calls NVB).
    case scaleUp
    /// PCIe and socket links of a node; ends at GPUs and network cards.
    case host
    /// Everything except forwarding GPUs.
    case any
  }

  private let topology: Topology
  private let failed: Set<Int32>
  /// The search that last visited each vertex.
  private var marks: [Int32]
  private var current: Int32 = 0
  private var hops: [Int32]
  private var widths: [Double]
  private var parents: [Int32]
  private(set) var visited: [Int32] = []

  init(_ topology: Topology, failed: Set<Int32>) {
    self.topology = topology
    self.failed = failed
    marks = Array(repeating: 0, count: topology.vertices.count)
    hops = Array(repeating: 0, count: topology.vertices.count)
    widths = Array(repeating: 0, count: topology.vertices.count)
    parents = Array(repeating: -1, count: topology.vertices.count)
  }

  /// Visits everything the scope reaches from a vertex, level by level.
  mutating func run(from source: Int32, _ scope: Scope) {
    current += 1
    visited.removeAll(keepingCapacity: true)
    visit(source, parent: -1, hops: 0, width: .infinity)
    var place = 0
    while place < visited.count {
      let vertex = visited[place]
      place += 1
      guard vertex == source || mayForward(vertex, from: source, scope) else { continue }
      for id in topology.outgoing.links(of: vertex) where failed.isEmpty || !failed.contains(id) {
        let link = topology.links[Int(id)]
        if allows(link, scope) { relax(link, id: id) }
      }
    }
  }

  private mutating func relax(_ link: TopologyLink, id: Int32) {
    let (from, to) = (Int(link.from), Int(link.to))
    let width = min(widths[from], link.bandwidth.bytesPerSecond)
    guard marks[to] == current else { return visit(link.to, parent: id, hops: hops[from] + 1, width: width) }
    guard hops[to] == hops[from] + 1 else { return }
    guard width > widths[to] || width == widths[to] && id < parents[to] else { return }
    widths[to] = width
    parents[to] = id
  }

  private mutating func visit(_ vertex: Int32, parent: Int32, hops: Int32, width: Double) {
    marks[Int(vertex)] = current
    self.hops[Int(vertex)] = hops
    widths[Int(vertex)] = width
    parents[Int(vertex)] = parent
    visited.append(vertex)
  }

  private func allows(_ link: TopologyLink, _ scope: Scope) -> Bool {
    switch scope {
    case .scaleUp: link.kind.isScaleUp
    case .host: link.kind.isHost
    case .any: true
    }
  }

  private func mayForward(_ vertex: Int32, from source: Int32, _ scope: Scope) -> Bool {
    switch (topology.vertices[Int(vertex)].kind, scope) {
    case (.gpu, .scaleUp): comesStraight(vertex, from: source)
    case (.gpu, _), (.networkCard, .host): false
    default: true
    }
  }

  /// Whether no other GPU lies between the source and a GPU.
  private func comesStraight(_ vertex: Int32, from source: Int32) -> Bool {
    var vertex = topology.links[Int(parents[Int(vertex)])].from
    while vertex != source {
      if topology.vertices[Int(vertex)].kind == .gpu { return false }
      vertex = topology.links[Int(parents[Int(vertex)])].from
    }
    return true
  }

  /// Links between the source of the last search and a vertex; `nil` when it was not reached.
  func hopCount(to vertex: Int32) -> Int? { marks[Int(vertex)] == current ? Int(hops[Int(vertex)]) : nil }

  /// The way the last search found; `nil` when it did not reach the vertex.
  func path(to vertex: Int32) -> [Int32]? {
    guard marks[Int(vertex)] == current else { return nil }
    var path: [Int32] = []
    var link = parents[Int(vertex)]
    while link >= 0 {
      path.append(link)
      link = parents[Int(topology.links[Int(link)].from)]
    }
    return path.reversed()
  }
}
