import Quantities

/// A free-form graph that describes a whole cluster; GPUs have ranks in the order they are listed.
public struct GraphLayout: Hashable, Sendable {
  /// A vertex.
  public struct Vertex: Hashable, Sendable {
    /// Its name, different from all others.
    public let name: String
    /// What it is.
    public let kind: VertexKind
    /// The node that holds it; `nil` outside nodes.
    public let node: Int?

    /// Describes a vertex.
    public init(name: String, kind: VertexKind, node: Int?) {
      self.name = name
      self.kind = kind
      self.node = node
    }
  }

  /// A cable.
  public struct Cable: Hashable, Sendable {
    /// Name of one end.
    public let from: String
    /// Name of the other end.
    public let to: String
    /// What sort it is.
    public let kind: LinkKind
    /// One physical link of it.
    public let link: LinkSpec
    /// Physical links bonded into it.
    public let bonded: Int
    /// How its directions relate.
    public let duplex: Duplex

    /// Describes a cable.
    public init(from: String, to: String, kind: LinkKind, link: LinkSpec, bonded: Int = 1, duplex: Duplex = .full) {
      self.from = from
      self.to = to
      self.kind = kind
      self.link = link
      self.bonded = bonded
      self.duplex = duplex
    }
  }

  /// The vertices.
  public let vertices: [Vertex]
  /// The cables.
  public let cables: [Cable]

  /// Adopts a description; ``makeTopology()`` checks it.
  public init(vertices: [Vertex], cables: [Cable]) {
    self.vertices = vertices
    self.cables = cables
  }

  /// GPUs of the graph.
  public var deviceCount: Int { vertices.count { $0.kind == .gpu } }

  /// The graph; each cable adds the whole latency of its link.
  ///
  /// - Throws: ``TopologyError``: equal names, unknown names, GPUs that nothing reaches.
  public func makeTopology() throws(TopologyError) -> Topology {
    var builder = TopologyBuilder()
    var places: [String: Int32] = [:]
    for (index, vertex) in vertices.enumerated() {
      let place = builder.addVertex(vertex.kind, index: index, node: vertex.node, label: vertex.name)
      guard places.updateValue(place, forKey: vertex.name) == nil else { throw .duplicateVertex(vertex.name) }
    }
    for cable in cables {
      guard let from = places[cable.from] else { throw .unknownVertex(cable.from) }
      guard let to = places[cable.to] else { throw .unknownVertex(cable.to) }
      guard from != to, cable.bonded > 0 else { throw .badLink("\(cable.from)-\(cable.to)") }
      builder.connect(
        from, to,
        TopologyBuilder.Cable(
          kind: cable.kind, medium: builder.medium(cable.link), bandwidth: Double(cable.bonded) * cable.link.bandwidth,
          latency: cable.link.latency, bonded: cable.bonded, duplex: cable.duplex))
    }
    return try builder.build()
  }
}
