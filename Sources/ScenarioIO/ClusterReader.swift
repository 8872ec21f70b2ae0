import Foundation
import Hardware
import Quantities

/// Reads clusters: `NAME`, `NAME x NODES`, a path, `{name: NAME, nodes: N}` or the whole mapping, with `base`.
extension ReferenceReader {
  /// Most nodes and most GPUs of a node; their product fits every count of the simulator.
  static let maximumNodes = 1_000_000
  static let maximumDevicesPerNode = 1024

  /// A cluster; `nil` with problems recorded.
  func cluster(_ node: DocumentNode, path: String) -> Cluster? {
    if node.isMapping {
      let isReference = node["name"] != nil && node.entries.allSatisfy { KeySet.clusterReference.all.contains($0.key) }
      return isReference ? referredCluster(node, path: path) : clusterMapping(node, path: path, nodes: nil, chain: [])
    }
    let expected = "a cluster: a catalogue name, \"NAME x NODES\", a path or a mapping"
    guard let text = log.text(node, path: path, expected: expected) else { return nil }
    guard let separator = text.range(of: " x ", options: .backwards) else {
      return namedCluster(text, nodes: nil, node: node, path: path)
    }
    let count = text[separator.upperBound...].trimmingCharacters(in: .whitespaces)
    guard let nodes = Int(count), (1...Self.maximumNodes).contains(nodes) else {
      log.add(node, path: path, expected: "\"NAME x NODES\" with 1 to \(Self.maximumNodes) nodes")
      return nil
    }
    return namedCluster(
      text[..<separator.lowerBound].trimmingCharacters(in: .whitespaces), nodes: nodes, node: node, path: path)
  }

  private func referredCluster(_ node: DocumentNode, path: String) -> Cluster? {
    guard let reader = MappingReader(node, path: path, keys: .clusterReference, log: log) else { return nil }
    let nodes = reader.integer("nodes", in: 1...Self.maximumNodes)
    guard let name = reader.requiredText("name"), nodes != nil || reader.value("nodes") == nil else { return nil }
    return namedCluster(name, nodes: nodes, node: reader.value("name") ?? node, path: reader.path("name"))
  }

  private func namedCluster(_ name: String, nodes: Int?, node: DocumentNode, path: String) -> Cluster? {
    guard let target = target(.cluster, name, at: node.position, path: path) else { return nil }
    return clusterMapping(target.root, path: "", nodes: nodes, chain: [target.identity])
  }

  /// Reads a cluster mapping; `nodes` wins over what it says.
  private func clusterMapping(_ node: DocumentNode, path: String, nodes: Int?, chain: [String]) -> Cluster? {
    guard let merged = mergingBase(node, path: path, chain: chain) else { return nil }
    guard let reader = MappingReader(merged, path: path, keys: .cluster, log: log) else { return nil }
    reader.checkKind("cluster")
    let before = log.problems.count
    let name = reader.text("name") ?? "inline"
    for key in ["title", "provenance"] { _ = reader.text(key) }
    let device = reader.require("device", "a GPU").flatMap { self.device($0, path: reader.path("device")) }
    let perNode = reader.requiredInteger("devices_per_node", in: 1...Self.maximumDevicesPerNode)
    let written = reader.integer("nodes", in: 1...Self.maximumNodes)
    let topologies = NodeTopology.allCases.map { ($0.rawValue, $0) }
    _ = reader.require("topology", ProblemLog.list(topologies.map(\.0)))
    let topology = reader.choice("topology", among: topologies)
    let intra = reader.require("intra_node", "a link").flatMap { link($0, path: reader.path("intra_node")) }
    let host = reader.require("host_link", "a link").flatMap { link($0, path: reader.path("host_link")) }
    let groups = nodeGroups(reader, written: nodes ?? written)
    let count = groups.isEmpty ? nodes ?? written ?? 1 : groups.reduce(0) { $0 + $1.nodes }
    let table = reader.value("collectives").flatMap { collectiveTable($0, path: reader.path("collectives")) }
    let network = network(reader, nodes: count)
    guard log.problems.count == before, let device, let perNode, let topology, let intra, let host else { return nil }
    var cluster = Cluster(
      name: name, device: device, devicesPerNode: perNode, nodes: count, topology: topology, intraNode: intra,
      interNode: network?.link, networkCardsPerNode: network?.cards ?? 0, hostLink: host,
      measuredCollectives: table)
    cluster.nodeGroups = groups
    let plain = cluster
    return reader.value("layout").map { laidOut(plain, $0, path: reader.path("layout")) } ?? plain
  }

  /// Kinds of GPUs by groups of nodes; empty without the key or with problems recorded.
  private func nodeGroups(_ reader: MappingReader, written nodes: Int?) -> [NodeGroup] {
    guard let node = reader.value("node_groups") else { return [] }
    let path = reader.path("node_groups")
    guard case .list(let items) = node.value, !items.isEmpty else {
      log.add(node, path: path, expected: "a list of mappings with device and nodes")
      return []
    }
    let groups = items.enumerated().compactMap { index, item -> NodeGroup? in
      let place = "\(path)[\(index)]"
      guard let group = MappingReader(item, path: place, keys: .nodeGroup, log: log) else { return nil }
      let device = group.require("device", "a GPU").flatMap { self.device($0, path: group.path("device")) }
      let count = group.requiredInteger("nodes", in: 1...Self.maximumNodes)
      guard let device, let count else { return nil }
      return NodeGroup(device: device, nodes: count)
    }
    guard groups.count == items.count else { return [] }
    let sum = groups.reduce(0) { $0 + $1.nodes }
    if let nodes, nodes != sum {
      log.add(
        at: node.position, path: path, "found \(sum) nodes in the groups and \(nodes) in the cluster",
        "make them equal")
    }
    return groups
  }

  /// The cluster with its layout; `nil`, with a problem, when the two contradict each other.
  private func laidOut(_ cluster: Cluster, _ node: DocumentNode, path: String) -> Cluster? {
    let context = LayoutContext(devices: cluster.devicesPerNode, cards: cluster.networkCardsPerNode)
    guard let layout = layout(node, path: path, context: context, derived: cluster.derivedLayout) else { return nil }
    var whole = cluster.with(layout: layout)
    if let spreading = node["spreading"] {
      guard let read = self.spreading(spreading, path: path + ".spreading") else { return nil }
      whole.spreading = read
    }
    if let problem = whole.layoutProblem() {
      log.add(at: node.position, path: path, "does not describe this cluster", "\(problem)")
      return nil
    }
    return whole
  }

  private func spreading(_ node: DocumentNode, path: String) -> PathSpreading? {
    if node.text == "even" { return .even }
    guard case .integer(let count) = node.value, (1...64).contains(count) else {
      log.add(node, path: path, expected: "even, or 1 to 64 connections that each take a way chosen by a hash")
      return nil
    }
    return .hashed(connections: count)
  }

  private func network(_ reader: MappingReader, nodes: Int) -> (link: LinkSpec, cards: Int)? {
    guard let node = reader.value("inter_node") else {
      if nodes > 1 { _ = reader.require("inter_node", "the link of a network card, because there are \(nodes) nodes") }
      if let cards = reader.value("network_cards_per_node") {
        log.add(cards, path: reader.path("network_cards_per_node"), expected: "inter_node beside it")
      }
      return nil
    }
    let link = link(node, path: reader.path("inter_node"))
    let cards = reader.requiredInteger("network_cards_per_node", in: 1...Self.maximumDevicesPerNode)
    guard let link, let cards else { return nil }
    return (link, cards)
  }

  /// The mapping with everything it does not say itself taken from its `base`, and so on.
  private func mergingBase(_ node: DocumentNode, path: String, chain: [String]) -> DocumentNode? {
    guard let base = node["base"] else { return node }
    let basePath = path.isEmpty ? "base" : path + ".base"
    guard let text = log.text(base, path: basePath, expected: "the name or path of a cluster") else { return nil }
    guard let target = target(.cluster, text, at: base.position, path: basePath) else { return nil }
    guard !chain.contains(target.identity), chain.count < 16 else {
      log.add(
        at: base.position, path: basePath, "found a cluster that refers to itself through base",
        "expected a base outside the cycle")
      return nil
    }
    guard target.root.isMapping else {
      log.add(target.root, path: "", expected: "a cluster mapping")
      return nil
    }
    guard let merged = mergingBase(target.root, path: "", chain: chain + [target.identity]) else { return nil }
    let own = node.entries.filter { $0.key != "base" }
    return DocumentNode(.mapping(inheriting(own, from: merged)), at: node.position)
  }

  /// A mapping's own keys and those of its base it does not have; inside a layout and its node, key by key.
  private func inheriting(_ own: [DocumentNode.Entry], from base: DocumentNode) -> [DocumentNode.Entry] {
    let inherited = base.entries.filter { entry in !own.contains { $0.key == entry.key } }
    return inherited
      + own.map { entry in
        guard ["layout", "node"].contains(entry.key), entry.value.isMapping, let theirs = base[entry.key],
          entry.value["graph"] == nil, theirs["graph"] == nil
        else { return entry }
        let merged = inheriting(entry.value.entries, from: theirs)
        let value = DocumentNode(.mapping(merged), at: entry.value.position)
        return DocumentNode.Entry(key: entry.key, keyPosition: entry.keyPosition, value: value)
      }
  }
}
