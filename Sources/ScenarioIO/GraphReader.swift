import Hardware
import Quantities

/// Reads the `graph` of a layout: named vertices and the cables between them.
extension ReferenceReader {
  /// A graph; `nil` with problems recorded.
  func graphLayout(_ node: DocumentNode, path: String) -> GraphLayout? {
    guard let reader = MappingReader(node, path: path, keys: .graph, log: log) else { return nil }
    let before = log.problems.count
    _ = reader.text("provenance")
    let vertices = list(reader, "vertices", reading: vertex)
    let cables = list(reader, "links", reading: cable)
    guard log.problems.count == before else { return nil }
    return GraphLayout(vertices: vertices, cables: cables)
  }

  private func list<Item>(
    _ reader: MappingReader, _ key: String, reading: (DocumentNode, String) -> Item?
  ) -> [Item] {
    guard let node = reader.require(key, "a list of mappings") else { return [] }
    guard !node.items.isEmpty else {
      log.add(node, path: reader.path(key), expected: "a list of mappings")
      return []
    }
    return node.items.enumerated().compactMap { reading($0.element, "\(reader.path(key))[\($0.offset)]") }
  }

  private func vertex(_ node: DocumentNode, path: String) -> GraphLayout.Vertex? {
    guard let reader = MappingReader(node, path: path, keys: .graphVertex, log: log) else { return nil }
    let name = reader.requiredText("name")
    let kinds = VertexKind.allCases.map { ($0.rawValue, $0) }
    guard reader.require("kind", ProblemLog.list(kinds.map(\.0))) != nil else { return nil }
    let kind = reader.choice("kind", among: kinds)
    let place = reader.integer("node", in: 0...Self.maximumNodes)
    guard let name, let kind else { return nil }
    return GraphLayout.Vertex(name: name, kind: kind, node: place)
  }

  private func cable(_ node: DocumentNode, path: String) -> GraphLayout.Cable? {
    guard let reader = MappingReader(node, path: path, keys: .graphLink, log: log) else { return nil }
    let (from, to) = (reader.requiredText("from"), reader.requiredText("to"))
    let kinds = LinkKind.allCases.map { ($0.rawValue, $0) }
    guard reader.require("kind", ProblemLog.list(kinds.map(\.0))) != nil else { return nil }
    let kind = reader.choice("kind", among: kinds)
    let link = reader.require("link", "a link").flatMap { self.link($0, path: reader.path("link")) }
    let bonded = reader.integer("bonded", in: 1...1024) ?? 1
    let duplex = reader.choice("duplex", among: Duplex.allCases.map { ($0.rawValue, $0) }) ?? .full
    guard let from, let to, let kind, let link else { return nil }
    return GraphLayout.Cable(from: from, to: to, kind: kind, link: link, bonded: bonded, duplex: duplex)
  }
}
