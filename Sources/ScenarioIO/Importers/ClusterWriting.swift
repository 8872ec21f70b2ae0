/// What a file says beyond the shape of a node; `nil` where it says nothing.
struct ImportedFacts {
  var source: String
  var nodes = 1
  var nodesNote = "one file"
  var device: String?
  var slots: String?
  var network: String?
}

extension ImportedCluster {
  /// Writes a node and its facts as a cluster.
  init(_ node: ImportedNode, _ facts: ImportedFacts, choices: ImportChoices) {
    let isJoined = node.isJoined
    let guessed = facts.device ?? HardwareGuess.device(links: node.linksPerDevice, isJoined: isJoined)
    let guess = HardwareGuess.forDevice(choices.device ?? guessed)
    add("name", "imported", default: "not in the file")
    if facts.device != nil, choices.device == nil {
      add("device", guessed, used: "by its compute capability; say --device for another of that kind")
    } else {
      let reason = "guessed by \(node.linksPerDevice) links per GPU"
      add("device", chosen: choices.device, option: "--device", default: guessed, because: reason)
    }
    add("devices_per_node", "\(node.devices)", used: "GPUs found")
    add("nodes", "\(facts.nodes)", used: facts.nodesNote)
    addLinks(node, guess, isJoined: isJoined, facts)
    if node.cards > 0 {
      if let network = facts.network, choices.network == nil {
        add("inter_node", network, used: "by speed and class of the cards")
      } else {
        add(
          "inter_node", chosen: choices.network, option: "--network", default: guess.network, because: "not in the file"
        )
      }
      add("network_cards_per_node", "\(node.cards)", used: "cards found")
    }
    addLayout(node, guess, isJoined: isJoined)
    lines.append("provenance: \(JSONValue.text("imported from " + facts.source).compactText)")
  }

  private mutating func addLinks(
    _ node: ImportedNode, _ guess: HardwareGuess, isJoined: Bool, _ facts: ImportedFacts
  ) {
    let slots = facts.slots ?? guess.slots
    switch node.links {
    case .crossbar(let count): add("topology", "nvswitch", used: "\(count) links between every two GPUs")
    case .pairs where isJoined: add("topology", "mesh", used: "links join all GPUs")
    case .pairs: add("topology", "pcie", used: "links join some GPUs only")
    case .none: add("topology", "pcie", used: "no links between GPUs")
    }
    if isJoined {
      add("intra_node", guess.links, default: "the link of \(guess.device)")
    } else {
      add("intra_node", slots, default: "the slot, because PCIe joins the GPUs")
    }
    if facts.slots != nil {
      add("host_link", slots, used: "by speed and width of the slots")
    } else {
      add("host_link", slots, default: "the slot of \(guess.device)")
    }
  }

  private mutating func addLayout(_ node: ImportedNode, _ guess: HardwareGuess, isJoined: Bool) {
    lines += ["layout:", "  node:", "    sockets: \(node.sockets)"]
    used.append("layout.node.sockets \(node.sockets)")
    if node.sockets > 1 {
      lines.append("    socket_link: \(guess.sockets)")
      defaults.append("layout.node.socket_link \(guess.sockets), not in the file")
    }
    lines.append("    switches:")
    for port in node.ports {
      let direct = port.isDirect ? ", direct: true" : ""
      lines.append("      - {socket: \(port.socket), gpus: \(port.devices), cards: \(port.cards)\(direct)}")
    }
    used.append("layout.node.switches, \(node.ports.count { !$0.isDirect }) PCIe switches")
    switch node.links {
    case .none: lines.append("    gpu_links: none")
    case .crossbar: lines.append("    gpu_links: nvswitch")
    case .pairs(let pairs):
      lines.append("    gpu_links: \(pairs)")
      used.append("layout.node.gpu_links, \(pairs.count) pairs")
      if !isJoined {
        lines.append("    gpu_link: nvlink3-bridge")
        defaults.append("layout.node.gpu_link nvlink3-bridge, not in the file")
      }
    }
    defaults.append("layout.fabric kind single, not in the file")
  }
}
