/// The hosts of an NCCL (or RCCL) topology file: PCIe trees under processors, GPUs with their links, network cards.
struct CollectiveTopology {
  /// One GPU as it was found.
  private struct Device {
    var bus: String
    var number: Int
    var port: Int
    var links: [(target: String, count: Int, isSwitch: Bool)]
    var line: Int
  }

  /// What one host has.
  private struct Host {
    var hash: String
    var sockets = 0
    var ports: [ImportedNode.Port] = []
    var devices: [Device] = []
    var cards: [(number: Int, port: Int)] = []
  }

  let file: String
  private var hosts: [Host] = []
  /// Compute capability of the first GPU.
  private(set) var capability: String?
  /// Lowest rate of a GPU's slot, in GT/s times lanes; `nil` where it is not given.
  private(set) var slotRate: Double?
  /// Lowest speed of a card, in Mb/s; `nil` where it is not given.
  private(set) var cardSpeed: Int?
  /// Whether the cards are InfiniBand adapters by their PCI class.
  private(set) var isInfiniBand = false

  /// Reads a document.
  ///
  /// - Throws: ``InputError`` with the line: another root, a GPU or card twice, attributes that are no numbers.
  init(_ root: MarkupElement, file: String) throws(InputError) {
    self.file = file
    guard root.name == "system" else {
      throw importFailure(file, line: root.line, "found <\(root.name)>", "expected <system>")
    }
    for cpu in root.children where cpu.name == "cpu" {
      let hash = cpu["host_hash"] ?? "0"
      let host = hosts.firstIndex { $0.hash == hash } ?? hosts.count
      if host == hosts.count { hosts.append(Host(hash: hash)) }
      hosts[host].sockets += 1
      for child in cpu.children { try add(child, bridge: nil, socket: hosts[host].sockets - 1, host: host) }
    }
    guard hosts.contains(where: { !$0.devices.isEmpty }) else {
      throw importFailure(file, line: root.line, "found no GPU", "expected <gpu> below <cpu> and <pci>")
    }
  }

  /// Walks down from a processor; `bridge` is the outermost PCIe switch above, by its place among the ports.
  private mutating func add(_ element: MarkupElement, bridge: Int?, socket: Int, host: Int) throws(InputError) {
    guard element.name == "pci" else {
      if element.name == "nic" { try addCards(element, below: nil, bridge: bridge, socket: socket, host: host) }
      return
    }
    var bridge = bridge
    if bridge == nil, element["class"]?.hasPrefix("0x0604") == true {
      bridge = hosts[host].ports.count
      hosts[host].ports.append(ImportedNode.Port(socket: socket))
    }
    for child in element.children {
      switch child.name {
      case "gpu": try addDevice(child, below: element, bridge: bridge, socket: socket, host: host)
      case "nic": try addCards(child, below: element, bridge: bridge, socket: socket, host: host)
      default: try add(child, bridge: bridge, socket: socket, host: host)
      }
    }
  }

  /// The port something sits on: the switch above, or one of its own.
  private mutating func port(_ bridge: Int?, socket: Int, host: Int) -> Int {
    if let bridge { return bridge }
    hosts[host].ports.append(ImportedNode.Port(socket: socket, isDirect: true))
    return hosts[host].ports.count - 1
  }

  private mutating func addDevice(
    _ element: MarkupElement, below slot: MarkupElement, bridge: Int?, socket: Int, host: Int
  ) throws(InputError) {
    let number = try self.number(element, "dev")
    capability = capability ?? element["sm"] ?? element["gcn"]
    if let speed = slot["link_speed"]?.split(separator: " ").first.flatMap({ Double($0) }),
      let width = slot["link_width"].flatMap(Double.init), speed > 0, width > 0
    {
      slotRate = min(slotRate ?? .infinity, speed * width)
    }
    var links: [(target: String, count: Int, isSwitch: Bool)] = []
    for link in element.children where ["nvlink", "xgmi"].contains(link.name) {
      let count = try self.number(link, "count")
      links.append((link["target"] ?? "", count, link["tclass"]?.hasPrefix("0x0680") == true))
    }
    guard !hosts[host].devices.contains(where: { $0.number == number }) else {
      throw importFailure(file, line: element.line, "found a second GPU \(number)", "expected each dev once in a host")
    }
    let place = port(bridge, socket: socket, host: host)
    hosts[host].devices.append(
      Device(bus: slot["busid"] ?? "", number: number, port: place, links: links, line: element.line))
  }

  private mutating func addCards(
    _ element: MarkupElement, below slot: MarkupElement?, bridge: Int?, socket: Int, host: Int
  ) throws(InputError) {
    for net in element.children where net.name == "net" {
      let number = try self.number(net, "dev")
      guard !hosts[host].cards.contains(where: { $0.number == number }) else {
        throw importFailure(file, line: net.line, "found a second card \(number)", "expected each dev once in a host")
      }
      if net["speed"] != nil {
        let speed = try self.number(net, "speed")
        if speed > 0 { cardSpeed = min(cardSpeed ?? .max, speed) }
      }
      isInfiniBand = isInfiniBand || slot?["class"]?.hasPrefix("0x0207") == true
      let place = port(bridge, socket: socket, host: host)
      hosts[host].cards.append((number, place))
    }
  }

  private func number(_ element: MarkupElement, _ attribute: String) throws(InputError) -> Int {
    guard let number = element[attribute].flatMap({ Int($0) }), (0...100_000_000).contains(number) else {
      let message = "found \(attribute) \(JSONValue.text(element[attribute] ?? "").compactText) of <\(element.name)>"
      throw importFailure(file, line: element.line, message, "expected a whole number")
    }
    return number
  }
}

extension CollectiveTopology {
  /// The node all hosts are, and how many there are.
  ///
  /// - Throws: ``InputError`` when hosts differ.
  func nodes() throws(InputError) -> (node: ImportedNode, count: Int) {
    let nodes = hosts.map(node)
    guard nodes.allSatisfy({ $0 == nodes[0] }) else {
      throw importFailure(file, "found hosts that differ", "expected equal hosts; export one of them")
    }
    return (nodes[0], nodes.count)
  }

  private func node(_ host: Host) -> ImportedNode {
    var node = ImportedNode()
    let devices = host.devices.sorted { $0.number < $1.number }
    let cards = host.cards.sorted { $0.number < $1.number }
    node.devices = devices.count
    node.cards = cards.count
    node.sockets = host.sockets
    var ports = host.ports
    for (index, device) in devices.enumerated() { ports[device.port].devices.append(index) }
    for (index, card) in cards.enumerated() { ports[card.port].cards.append(index) }
    node.ports = ports.filter { !$0.devices.isEmpty || !$0.cards.isEmpty }
    node.links = links(devices)
    return node
  }

  private func links(_ devices: [Device]) -> ImportedNode.Links {
    let all = devices.flatMap(\.links)
    if all.contains(where: \.isSwitch) {
      return .crossbar(devices.map { $0.links.reduce(0) { $0 + $1.count } }.max() ?? 0)
    }
    var pairs: [[Int]] = []
    for (first, device) in devices.enumerated() {
      for (second, other) in devices.enumerated() where second > first {
        let there = device.links.filter { $0.target == other.bus }.reduce(0) { $0 + $1.count }
        let back = other.links.filter { $0.target == device.bus }.reduce(0) { $0 + $1.count }
        if max(there, back) > 0 { pairs.append([first, second, max(there, back)]) }
      }
    }
    return pairs.isEmpty ? .none : .pairs(pairs)
  }
}
