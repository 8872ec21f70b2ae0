/// The switches and blocks of a Slurm topology file.
struct SwitchTree: Hashable {
  /// A switch (its nodes, or the switches below it) or a block of nodes.
  struct Entry: Hashable {
    let name: String
    let isBlock: Bool
    let nodes: [String]
    let children: [String]
    let line: Int
  }

  let file: String
  private(set) var entries: [Entry] = []
  private(set) var blockSizes: [String] = []
  /// What was read and means nothing here.
  private(set) var ignored: [String] = []

  init(file: String) { self.file = file }

  /// Adds an entry.
  ///
  /// - Throws: ``InputError`` when its lists cannot be read, when it has none, or when its name is taken.
  mutating func add(_ name: String, isBlock: Bool, nodes: String?, children: String?, line: Int) throws(InputError) {
    guard !entries.contains(where: { $0.name == name }) else {
      throw importFailure(file, line: line, "found a second \(name)", "expected names that differ")
    }
    guard (nodes == nil) != (children == nil) else {
      let what = nodes == nil ? "no nodes and no switches" : "both nodes and switches"
      throw importFailure(file, line: line, "found \(what) below \(name)", "expected one of them")
    }
    entries.append(
      Entry(
        name: name, isBlock: isBlock, nodes: try names(nodes ?? "", line: line),
        children: try names(children ?? "", line: line), line: line))
  }

  mutating func add(blockSizes sizes: [String]) { blockSizes += sizes }

  mutating func ignore(_ what: String) { if !ignored.contains(what) { ignored.append(what) } }

  private func names(_ text: String, line: Int) throws(InputError) -> [String] {
    guard !text.isEmpty else { return [] }
    do throws(Hostlist.Failure) { return try Hostlist.names(text) } catch {
      throw importFailure(
        file, line: line, "found \(error.message) in a list of names", "expected names such as gpu[001-004,006]")
    }
  }

  /// Checks that every node and switch has one place.
  ///
  /// - Throws: ``InputError`` at the entry that repeats or misses a name.
  func validate() throws(InputError) {
    guard let first = entries.first else {
      throw importFailure(file, "found no switch and no block", "expected SwitchName or BlockName lines")
    }
    guard entries.allSatisfy({ $0.isBlock == first.isBlock }) else {
      throw importFailure(file, line: first.line, "found both switches and blocks", "expected one kind in a file")
    }
    var owned: Set<String> = []
    let known = Set(entries.map(\.name))
    for entry in entries {
      for name in entry.nodes + entry.children where !owned.insert(name).inserted {
        throw importFailure(file, line: entry.line, "found \(name) a second time", "expected one place for each")
      }
      if let missing = entry.children.first(where: { !known.contains($0) }) {
        throw importFailure(file, line: entry.line, "found \(missing), which is no switch", "expected a SwitchName")
      }
    }
  }
}

extension SwitchTree {
  /// Reads `topology.conf`: `Key=Value` words, a `\` joins lines, `#` starts a comment.
  ///
  /// - Throws: ``InputError`` with the line.
  init(configuration text: String, file: String) throws(InputError) {
    self.init(file: file)
    var pending = ""
    var start = 1
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      if pending.isEmpty { start = index + 1 }
      let content = line.prefix { $0 != "#" }
      if content.last == "\\" {
        pending += content.dropLast() + " "
        continue
      }
      try add(words: (pending + content).split(whereSeparator: \.isWhitespace), line: start)
      pending = ""
    }
    try validate()
  }

  private mutating func add(words: [Substring], line: Int) throws(InputError) {
    guard !words.isEmpty else { return }
    var values: [String: String] = [:]
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[1].isEmpty else {
        throw importFailure(file, line: line, "found \"\(word.prefix(40))\"", "expected Key=Value")
      }
      let key = parts[0].lowercased()
      guard ["switchname", "switches", "nodes", "linkspeed", "blockname", "blocksizes"].contains(key) else {
        let advice = "expected SwitchName, Switches, Nodes, LinkSpeed, BlockName or BlockSizes"
        throw importFailure(file, line: line, "found the key \(parts[0].prefix(40))", advice)
      }
      guard values.updateValue(String(parts[1]), forKey: key) == nil else {
        throw importFailure(file, line: line, "found \(parts[0]) twice in a line", "expected it once")
      }
    }
    if values["linkspeed"] != nil { ignore("LinkSpeed (a number without a unit)") }
    if let sizes = values["blocksizes"] { add(blockSizes: sizes.split(separator: ",").map(String.init)) }
    if let name = values["switchname"] ?? values["blockname"] {
      try add(
        name, isBlock: values["blockname"] != nil, nodes: values["nodes"], children: values["switches"], line: line)
    } else if values["blocksizes"] == nil {
      throw importFailure(file, line: line, "found no SwitchName or BlockName", "expected one in the line")
    }
  }
}

extension SwitchTree {
  /// Reads `topology.yaml`: of several topologies the default one, else the first.
  ///
  /// - Throws: ``InputError`` with the line.
  init(yaml text: String, file: String) throws(InputError) {
    self.init(file: file)
    let root = try SourceDocument.parse(text, source: SourceFile(name: file, directory: nil)).root
    let chosen = root.items.first { $0["cluster_default"]?.value == .boolean(true) } ?? root.items.first
    guard let chosen else { throw importFailure(file, line: 1, root.found, "expected a list of topologies") }
    for other in root.items where other != chosen { ignore("topology \(other["topology"]?.text ?? "without a name")") }
    if let switches = chosen["tree"]?["switches"] {
      for node in switches.items { try add(node, name: "switch", isBlock: false) }
    } else if let block = chosen["block"] {
      for node in block["blocks"]?.items ?? [] { try add(node, name: "block", isBlock: true) }
      add(blockSizes: block["block_sizes"]?.items.map(\.written) ?? [])
    } else {
      throw importFailure(
        file, line: chosen.position.line, "found neither tree nor block", "expected one of them (flat says nothing)")
    }
    try validate()
  }

  private mutating func add(_ node: DocumentNode, name key: String, isBlock: Bool) throws(InputError) {
    guard let name = node[key]?.text else {
      throw importFailure(file, line: node.position.line, "found no \(key)", "expected its name")
    }
    try add(
      name, isBlock: isBlock, nodes: node["nodes"]?.text, children: node["children"]?.text, line: node.position.line)
  }
}
