extension ImportedCluster {
  /// The nodes whose `nvidia-smi topo -m` output is given, a file each; the files have to describe equal nodes.
  ///
  /// - Throws: ``InputError`` with the line.
  public static func nvidiaTopology(
    paths: [String], choices: ImportChoices = ImportChoices()
  ) throws(InputError) -> ImportedCluster {
    var texts: [(name: String, text: String)] = []
    for path in paths { texts.append((path, try FileText.load(path: path))) }
    return try nvidiaTopology(texts, choices: choices)
  }

  /// The same for texts and what to call them.
  static func nvidiaTopology(
    _ texts: [(name: String, text: String)], choices: ImportChoices
  ) throws(InputError) -> ImportedCluster {
    var nodes: [(node: ImportedNode, matrix: DeviceMatrix)] = []
    for (name, text) in texts {
      let matrix = try DeviceMatrix(text, file: name)
      let node = try matrix.node(file: name)
      if let first = nodes.first, first.node != node {
        throw importFailure(name, "found another node than in \(texts[0].name)", "expected equal nodes")
      }
      nodes.append((node, matrix))
    }
    guard let first = nodes.first else { throw importFailure("files", "found none", "expected a file") }
    var facts = ImportedFacts(source: "nvidia-smi topo -m")
    facts.nodes = nodes.count
    facts.nodesNote = nodes.count == 1 ? "one file; change it for more" : "one file each"
    var cluster = ImportedCluster(first.node, facts, choices: choices)
    let cards = first.matrix.legend.filter { first.matrix.names.contains($0.card) }
    let named = cards.map { "\($0.card) = \($0.name)" }.joined(separator: ", ")
    if !cards.isEmpty { cluster.used.append("cards \(named)") }
    return cluster
  }
}

extension DeviceMatrix {
  /// Most links a GPU has; equal links to all others that would need more mean a switch.
  private static let mostLinks = 18

  /// The node the matrix shows: devices with PIX or PXB share a PCIe switch; devices of one NUMA node, or joined
  /// otherwise than by SYS, share a socket.
  func node(file: String) throws(InputError) -> ImportedNode {
    var node = ImportedNode()
    node.devices = deviceCount
    node.cards = names.count - deviceCount
    guard names[deviceCount...].allSatisfy({ !$0.hasPrefix("GPU") }) else {
      throw importFailure(file, "found a GPU after a network card", "expected GPUs first")
    }
    node.links = links()
    let sockets = sets { first, second in
      switch codes[first][second] {
      case .switches, .node: true
      case .same, .system: false
      case .links:
        affinities[first].map { own in affinities[second] == nil || own == affinities[second] } ?? true
      }
    }
    let switches = sets { codes[$0][$1] == .switches }
    let roots = Set(names.indices.map { sockets.root($0) }).sorted()
    node.sockets = roots.count
    for top in names.indices where switches.root(top) == top {
      let members = names.indices.filter { switches.root($0) == top }
      let socket = roots.firstIndex(of: sockets.root(top)) ?? 0
      node.ports.append(
        ImportedNode.Port(
          socket: socket, devices: members.filter { $0 < deviceCount },
          cards: members.filter { $0 >= deviceCount }.map { $0 - deviceCount }, isDirect: members.count == 1))
    }
    return node
  }

  private func sets(joining: (Int, Int) -> Bool) -> DisjointSets {
    var sets = DisjointSets(count: names.count)
    for first in names.indices {
      for second in names.indices where second > first && joining(first, second) { sets.join(first, second) }
    }
    return sets
  }

  private func links() -> ImportedNode.Links {
    var pairs: [[Int]] = []
    for first in 0..<deviceCount {
      for second in 0..<deviceCount where second > first {
        if case .links(let count) = codes[first][second] { pairs.append([first, second, count]) }
      }
    }
    guard let count = pairs.first?[2] else { return .none }
    let isUniform = pairs.count == deviceCount * (deviceCount - 1) / 2 && pairs.allSatisfy { $0[2] == count }
    return isUniform && count * (deviceCount - 1) > Self.mostLinks ? .crossbar(count) : .pairs(pairs)
  }
}
