import Hardware
import Quantities

/// The layout of a cluster as JSON: what a shared network was simulated on.
enum ResolvedLayout {
  /// The written layout, or the one the plain keys stand for.
  static func json(_ cluster: Cluster, link: (LinkSpec) -> JSONValue) -> JSONValue {
    let spreading: JSONValue =
      switch cluster.spreading {
      case .even: "even"
      case .hashed(let connections): .integer(connections)
      }
    switch cluster.layout ?? cluster.derivedLayout {
    case .regular(let node, let fabric):
      return ["node": json(node, link: link), "fabric": json(fabric), "spreading": spreading]
    case .graph(let graph): return ["graph": json(graph, link: link), "spreading": spreading]
    }
  }

  private static func json(_ node: NodeLayout, link: (LinkSpec) -> JSONValue) -> JSONValue {
    let links = [
      ("slot_link", node.links.slot), ("uplink", node.links.uplink), ("socket_link", node.links.socket),
      ("gpu_link", node.links.device),
    ]
    let written = links.compactMap { key, value in value.map { JSONField(key, link($0)) } }
    return .object(
      [
        JSONField("sockets", .integer(node.sockets)),
        JSONField("switch_sockets", .list(node.switchSockets.map { .integer($0) })),
        JSONField("gpus_on", .list(node.devicePlaces.map(json))),
        JSONField("cards_on", .list(node.cardPlaces.map(json))),
        JSONField("gpu_links", json(node.deviceLinks)),
      ] + written)
  }

  private static func json(_ place: NodeLayout.Place) -> JSONValue {
    switch place {
    case .socket(let number): .text("socket\(number)")
    case .pcieSwitch(let number): .text("pcie\(number)")
    }
  }

  private static func json(_ links: NodeLayout.DeviceLinks) -> JSONValue {
    switch links {
    case .none: "none"
    case .crossbar(let nodes): ["nvswitch_nodes": .integer(nodes)]
    case .direct(let pairs):
      .list(pairs.map { .list([.integer($0.first), .integer($0.second), .integer($0.bonded)]) })
    }
  }

  private static func json(_ fabric: FabricLayout) -> JSONValue {
    switch fabric {
    case .singleSwitch: ["kind": "single"]
    case .leafSpine(let tiers): .object([JSONField("kind", "leaf-spine")] + fields(tiers))
    case .rails(let tiers): .object([JSONField("kind", "rails")] + fields(tiers))
    case .dragonfly(let shape):
      [
        "kind": "dragonfly", "nodes_per_router": .integer(shape.nodesPerRouter),
        "routers_per_group": .integer(shape.routersPerGroup),
        "global_links_per_router": .integer(shape.globalLinksPerRouter),
      ]
    }
  }

  private static func fields(_ tiers: FabricTiers) -> [JSONField] {
    let pods = tiers.pods.map {
      [
        JSONField("leaves_per_pod", .integer($0.leavesPerPod)), JSONField("cores", .integer($0.cores)),
        JSONField("core_oversubscription", .number($0.oversubscription)),
      ]
    }
    return [
      JSONField("nodes_per_leaf", .integer(tiers.nodesPerLeaf)), JSONField("spines", .integer(tiers.spines)),
      JSONField("oversubscription", .number(tiers.oversubscription)),
    ] + (pods ?? [])
  }

  private static func json(_ graph: GraphLayout, link: (LinkSpec) -> JSONValue) -> JSONValue {
    let vertices = graph.vertices.map { vertex -> JSONValue in
      [
        "name": .text(vertex.name), "kind": .text(vertex.kind.rawValue),
        "node": vertex.node.map { .integer($0) } ?? .null,
      ]
    }
    let links = graph.cables.map { edge -> JSONValue in
      [
        "from": .text(edge.from), "to": .text(edge.to), "kind": .text(edge.kind.rawValue), "link": link(edge.link),
        "bonded": .integer(edge.bonded), "duplex": .text(edge.duplex.rawValue),
      ]
    }
    return ["vertices": .list(vertices), "links": .list(links)]
  }
}
