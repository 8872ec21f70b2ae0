extension ImportedCluster {
  /// The fabric of a Slurm `topology.conf` or `topology.yaml` under nodes of a cluster of the catalogue.
  ///
  /// Switches with nodes are leaves, those above them spines, one more level cores; a block is an NVLink domain. The
  /// files give no bandwidths, so nothing is oversubscribed.
  ///
  /// - Throws: ``InputError`` with the line.
  public static func slurmTopology(
    path: String, choices: ImportChoices = ImportChoices()
  ) throws(InputError) -> ImportedCluster {
    try slurmTopology(FileText.load(path: path), file: path, choices: choices)
  }

  /// The same for a text and what to call it.
  static func slurmTopology(_ text: String, file: String, choices: ImportChoices) throws(InputError) -> ImportedCluster
  {
    let isYAML = [".yaml", ".yml"].contains { file.lowercased().hasSuffix($0) }
    let tree = isYAML ? try SwitchTree(yaml: text, file: file) : try SwitchTree(configuration: text, file: file)
    var cluster = ImportedCluster()
    cluster.add("name", "imported", default: "not in the file")
    let isBlock = tree.entries.contains { $0.isBlock }
    cluster.add(
      "base", chosen: choices.base, option: "--base", default: isBlock ? "gb200-nvl72" : "dgx-h100",
      because: "the file says nothing of nodes")
    if let device = choices.device {
      cluster.add("device", chosen: device, option: "--device", default: device, because: "")
    }
    if let network = choices.network {
      cluster.add("inter_node", chosen: network, option: "--network", default: network, because: "")
    }
    let leaves = tree.entries.filter { !$0.nodes.isEmpty }
    let nodes = leaves.reduce(0) { $0 + $1.nodes.count }
    cluster.add("nodes", "\(nodes)", used: "nodes listed")
    let sizes = leaves.map(\.nodes.count)
    let largest = sizes.max() ?? 1
    if sizes.contains(where: { $0 != largest }) {
      let listed = sizes.prefix(20).map(String.init).joined(separator: ", ")
      cluster.defaults.append("groups of \(listed) nodes are filled in order, \(largest) each")
    }
    if isBlock { cluster.addBlocks(tree, size: largest) } else { try cluster.addTree(tree, leaves, size: largest) }
    for what in tree.ignored { cluster.defaults.append("\(what) is left out") }
    cluster.lines.append("provenance: \(JSONValue.text("imported from a Slurm topology file").compactText)")
    return cluster
  }

  private mutating func addBlocks(_ tree: SwitchTree, size: Int) {
    lines += ["layout:", "  node:", "    gpu_links: nvswitch", "    domain_nodes: \(size)"]
    used.append("layout.node.domain_nodes \(size), nodes of a block")
    if !tree.blockSizes.isEmpty {
      defaults.append("BlockSizes \(tree.blockSizes.joined(separator: ", ")) only matters to the scheduler")
    }
    defaults.append("layout.fabric as in base")
  }

  private mutating func addTree(_ tree: SwitchTree, _ leaves: [SwitchTree.Entry], size: Int) throws(InputError) {
    let levels = try tree.levels()
    let spines = levels.count > 1 ? levels[1] : []
    lines += ["layout:", "  fabric:"]
    guard !spines.isEmpty else {
      lines.append("    kind: single")
      used.append("layout.fabric.kind single, one level of switches")
      return
    }
    let hasPods = levels.count > 2
    let perPod = spines.map { $0.children.count }.max() ?? 1
    lines += ["    kind: leaf-spine", "    nodes_per_leaf: \(size)", "    spines: \(hasPods ? 1 : spines.count)"]
    used.append("layout.fabric.nodes_per_leaf \(size), \(leaves.count) switches with nodes")
    used.append("layout.fabric.spines, \(spines.count) switches above them")
    if hasPods {
      lines += ["    leaves_per_pod: \(perPod)", "    cores: \(levels[2].count)"]
      used.append("layout.fabric.leaves_per_pod \(perPod) and cores \(levels[2].count), the third level")
      if levels.count > 3 { defaults.append("\(levels.count - 3) levels above the third are left out") }
    }
    defaults.append("layout.fabric.oversubscription 1, not in the file")
  }
}

extension SwitchTree {
  /// Switches by their distance from the nodes, leaves first.
  ///
  /// - Throws: ``InputError`` when switches contain each other in a circle.
  func levels() throws(InputError) -> [[Entry]] {
    var levels = [entries.filter { !$0.nodes.isEmpty }]
    var placed = Set(levels[0].map(\.name))
    while true {
      let next = entries.filter { entry in
        !placed.contains(entry.name) && entry.children.allSatisfy { placed.contains($0) }
      }
      if next.isEmpty { break }
      levels.append(next)
      placed.formUnion(next.map(\.name))
    }
    guard let left = entries.first(where: { !placed.contains($0.name) }) else { return levels }
    throw importFailure(file, line: left.line, "found \(left.name) above itself", "expected a tree")
  }
}
