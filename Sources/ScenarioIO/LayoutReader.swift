import Hardware
import Quantities

/// Reads the `layout` of a cluster: the parts of a node, the fabric, or a whole graph.
extension ReferenceReader {
  /// What a layout has to know of the cluster it belongs to.
  struct LayoutContext {
    let devices: Int
    let cards: Int
  }

  /// A layout; what it leaves out is as in `derived`. `nil` with problems recorded.
  func layout(_ node: DocumentNode, path: String, context: LayoutContext, derived: ClusterLayout) -> ClusterLayout? {
    guard let reader = MappingReader(node, path: path, keys: .layout, log: log) else { return nil }
    let before = log.problems.count
    if let graph = reader.value("graph") {
      for key in ["node", "fabric"] {
        guard let other = reader.value(key) else { continue }
        log.add(other, path: reader.path(key), expected: "no \(key) beside a graph")
      }
      return graphLayout(graph, path: reader.path("graph")).map { .graph($0) }
    }
    guard case .regular(let plainNode, let plainFabric) = derived else { return nil }
    let parts = reader.value("node").flatMap { nodeLayout($0, path: reader.path("node"), context, plainNode) }
    let fabric = reader.value("fabric").flatMap { fabricLayout($0, path: reader.path("fabric")) }
    guard log.problems.count == before else { return nil }
    return .regular(parts ?? plainNode, fabric ?? plainFabric)
  }

  // MARK: Nodes

  private func nodeLayout(
    _ node: DocumentNode, path: String, _ context: LayoutContext, _ derived: NodeLayout
  ) -> NodeLayout? {
    guard let reader = MappingReader(node, path: path, keys: .layoutNode, log: log) else { return nil }
    let before = log.problems.count
    _ = reader.text("provenance")
    let sockets = reader.integer("sockets", in: 1...64) ?? 1
    let links = NodeLayout.Links(
      slot: link(reader, "slot_link"), uplink: link(reader, "uplink"), socket: link(reader, "socket_link"),
      device: link(reader, "gpu_link"))
    let deviceLinks = deviceLinks(reader, context) ?? derived.deviceLinks
    let onSockets = reader.choice("cards_on", among: [("switches", false), ("sockets", true)]) ?? false
    guard let switches = reader.value("switches") else {
      return NodeLayout.tree(
        devices: context.devices, cards: context.cards, sockets: sockets, switches: derived.switchSockets.count,
        cardsOnSockets: onSockets, deviceLinks: deviceLinks, links: links)
    }
    if case .list(let ports) = switches.value {
      let places = rootPorts(ports, at: switches.position, path: reader.path("switches"), context)
      guard let places, log.problems.count == before else { return nil }
      return NodeLayout(
        sockets: sockets, switchSockets: places.switchSockets, devicePlaces: places.devices, cardPlaces: places.cards,
        deviceLinks: deviceLinks, links: links)
    }
    guard let count = reader.integer("switches", in: 0...1024), log.problems.count == before else { return nil }
    return NodeLayout.tree(
      devices: context.devices, cards: context.cards, sockets: sockets, switches: count, cardsOnSockets: onSockets,
      deviceLinks: deviceLinks, links: links)
  }

  private func link(_ reader: MappingReader, _ key: String) -> LinkSpec? {
    reader.value(key).flatMap { link($0, path: reader.path(key)) }
  }

  private func deviceLinks(_ reader: MappingReader, _ context: LayoutContext) -> NodeLayout.DeviceLinks? {
    guard let node = reader.value("gpu_links") else {
      if let domain = reader.value("domain_nodes") {
        log.add(domain, path: reader.path("domain_nodes"), expected: "gpu_links: nvswitch beside it")
      }
      return nil
    }
    let path = reader.path("gpu_links")
    if case .list(let items) = node.value {
      return .direct(items.enumerated().compactMap { pair($0.element, path: "\(path)[\($0.offset)]", context) })
    }
    let domain = reader.integer("domain_nodes", in: 1...Self.maximumNodes)
    let words: [(String, NodeLayout.DeviceLinks)] = [
      ("none", .none), ("nvswitch", .crossbar(nodes: domain ?? 1)),
      ("hybrid-cube-mesh", .direct(DevicePair.hybridCubeMesh)),
      ("bridges", .direct(DevicePair.bridges(devices: context.devices))),
      ("full-mesh", .direct(DevicePair.fullMesh(devices: context.devices))),
    ]
    return reader.choice("gpu_links", among: words)
  }

  private func pair(_ node: DocumentNode, path: String, _ context: LayoutContext) -> DevicePair? {
    guard node.items.count == 3 else {
      log.add(node, path: path, expected: "two GPUs and their links, such as [0, 1, 2]")
      return nil
    }
    let devices = 0...(context.devices - 1)
    let first = log.integer(node.items[0], path: path + "[0]", in: devices)
    let second = log.integer(node.items[1], path: path + "[1]", in: devices)
    let bonded = log.integer(node.items[2], path: path + "[2]", in: 1...1024)
    guard let first, let second, let bonded else { return nil }
    return DevicePair(first, second, bonded: bonded)
  }

  // MARK: Fabrics

  private func fabricLayout(_ node: DocumentNode, path: String) -> FabricLayout? {
    guard let reader = MappingReader(node, path: path, keys: .layoutFabric, log: log) else { return nil }
    _ = reader.text("provenance")
    guard reader.require("kind", "single, leaf-spine, rails or dragonfly") != nil else { return nil }
    let kinds: [(String, (MappingReader) -> FabricLayout?)] = [
      ("single", { _ in .singleSwitch }), ("leaf-spine", { tiers($0).map { .leafSpine($0) } }),
      ("rails", { tiers($0).map { .rails($0) } }), ("dragonfly", { dragonfly($0).map { .dragonfly($0) } }),
    ]
    return reader.choice("kind", among: kinds)?(reader)
  }

  private static let ratios = 0.001...1000.0

  private func ratio(_ reader: MappingReader, _ key: String) -> Double? {
    guard let node = reader.value(key) else { return 1 }
    return log.number(node, path: reader.path(key), in: Self.ratios, expected: "a ratio such as 2, 1 for none")
  }

  private func tiers(_ reader: MappingReader) -> FabricTiers? {
    let nodesPerLeaf = reader.requiredInteger("nodes_per_leaf", in: 1...Self.maximumNodes)
    let spines = reader.requiredInteger("spines", in: 1...4096)
    let ratio = ratio(reader, "oversubscription")
    let before = log.problems.count
    var pods: FabricPods?
    if let leaves = reader.integer("leaves_per_pod", in: 1...Self.maximumNodes) {
      let cores = reader.requiredInteger("cores", in: 1...4096)
      let coreRatio = self.ratio(reader, "core_oversubscription")
      if let cores, let coreRatio {
        pods = FabricPods(leavesPerPod: leaves, cores: cores, oversubscription: coreRatio)
      }
    }
    guard log.problems.count == before, let nodesPerLeaf, let spines, let ratio else { return nil }
    return FabricTiers(nodesPerLeaf: nodesPerLeaf, spines: spines, oversubscription: ratio, pods: pods)
  }

  private func dragonfly(_ reader: MappingReader) -> Dragonfly? {
    let nodes = reader.requiredInteger("nodes_per_router", in: 1...Self.maximumNodes)
    let routers = reader.requiredInteger("routers_per_group", in: 1...4096)
    let links = reader.requiredInteger("global_links_per_router", in: 1...4096)
    guard let nodes, let routers, let links else { return nil }
    return Dragonfly(nodesPerRouter: nodes, routersPerGroup: routers, globalLinksPerRouter: links)
  }
}
