/// Names: `node0.gpu3`, `leaf2`; `node0.pcie0-socket0`, `node0.nic1-leaf2`.
extension Topology {
  /// The name of a vertex: its own, or its node, kind and number.
  public func name(ofVertex vertex: Int) -> String {
    if let label = labels[Int32(vertex)] { return label }
    let place = vertices[vertex]
    return place.node.map { "node\($0).\(place.localName)" } ?? place.localName
  }

  /// The name of a link: its two ends, the second without the node when both are in the same one.
  public func name(ofLink link: Int32) -> String {
    let ends = links[Int(link)]
    let (from, to) = (Int(ends.from), Int(ends.to))
    let isShort = labels[ends.to] == nil && vertices[from].node != nil && vertices[from].node == vertices[to].node
    return "\(name(ofVertex: from))-\(isShort ? vertices[to].localName : name(ofVertex: to))"
  }

  /// The vertex of a name.
  public func vertex(named name: String) -> Int? {
    if let labelled = labels.filter({ $0.value == name }).keys.min() { return Int(labelled) }
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 1 || parts.count == 2 && parts[0].hasPrefix("node"), let local = parts.popLast() else {
      return nil
    }
    let node: Int? = parts.first.flatMap { Int($0.dropFirst(4)) }
    let word = local.prefix { !$0.isNumber }
    guard let kind = VertexKind(rawValue: String(word)), let index = Int(local.dropFirst(word.count)) else {
      return nil
    }
    let found = vertices.firstIndex { $0.number == index && $0.kind == kind && $0.node == node }
    return found.flatMap { labels[Int32($0)] == nil && self.name(ofVertex: $0) == name ? $0 : nil }
  }

  /// The link of a name; the lowest id when several have it.
  public func link(named name: String) -> Int32? {
    for dash in name.indices where name[dash] == "-" {
      guard let from = vertex(named: String(name[..<dash])) else { continue }
      if let link = links(from: from).first(where: { self.name(ofLink: $0) == name }) { return link }
    }
    return nil
  }
}

extension TopologyVertex {
  /// Kind and number, for example `gpu3`.
  var localName: String { "\(kind.rawValue)\(number)" }
}
