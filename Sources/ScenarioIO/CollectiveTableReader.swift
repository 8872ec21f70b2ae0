import Hardware
import Quantities

/// Reads measured times of collectives.
struct CollectiveTableReader {
  let log: ProblemLog

  /// A table mapping; `nil` with problems recorded.
  func table(_ node: DocumentNode, path: String) -> CollectiveTable? {
    guard let reader = MappingReader(node, path: path, keys: .collectiveTable, log: log) else { return nil }
    reader.checkKind("collective-table")
    let before = log.problems.count
    let name = reader.requiredText("name")
    let provenance = reader.provenance()
    let list = reader.require("series", "a list of {operation, ranks, nodes, points}")
    if let list, list.items.isEmpty { log.add(list, path: reader.path("series"), expected: "at least one series") }
    var series: [CollectiveTable.Series] = []
    for (index, item) in (list?.items ?? []).enumerated() {
      guard let read = self.series(item, path: "\(reader.path("series"))[\(index)]") else { continue }
      if series.contains(where: { Self.isSameGroup($0, read) }) {
        log.add(
          at: item.position, path: "\(reader.path("series"))[\(index)]",
          "found the operation and group of a series before", "expected each only once")
      }
      series.append(read)
    }
    guard log.problems.count == before, let name, let provenance else { return nil }
    return CollectiveTable(name: name, series: series, provenance: provenance)
  }

  private static func isSameGroup(_ left: CollectiveTable.Series, _ right: CollectiveTable.Series) -> Bool {
    left.operation == right.operation && left.ranks == right.ranks && left.nodes == right.nodes
  }

  private func series(_ node: DocumentNode, path: String) -> CollectiveTable.Series? {
    guard let reader = MappingReader(node, path: path, keys: .collectiveSeries, log: log) else { return nil }
    let operations = CollectiveTable.Operation.allCases.map { ($0.rawValue, $0) }
    _ = reader.require("operation", ProblemLog.list(operations.map(\.0)))
    let operation = reader.choice("operation", among: operations)
    let ranks = reader.requiredInteger("ranks", in: 2...16_777_216)
    let nodes = reader.requiredInteger("nodes", in: 1...1_000_000)
    let points = reader.require("points", "a list of [bytes, microseconds]").flatMap {
      self.points($0, path: reader.path("points"))
    }
    guard let operation, let ranks, let nodes, let points else { return nil }
    guard nodes <= ranks else {
      log.add(node, path: reader.path("nodes"), expected: "at most one node for each rank")
      return nil
    }
    return CollectiveTable.Series(operation: operation, ranks: ranks, nodes: nodes, points: points)
  }

  private func points(_ node: DocumentNode, path: String) -> [CollectiveTable.Point]? {
    guard !node.items.isEmpty else {
      log.add(node, path: path, expected: "a list of [bytes, microseconds]")
      return nil
    }
    var points: [CollectiveTable.Point] = []
    for (index, item) in node.items.enumerated() {
      let path = "\(path)[\(index)]"
      guard item.items.count == 2 else {
        log.add(item, path: path, expected: "a pair [bytes, microseconds]")
        return nil
      }
      let bytes = log.integer(item.items[0], path: path + "[0]", in: 1...(1 << 50))
      let time = log.number(item.items[1], path: path + "[1]", in: 1e-6...1e12, expected: "microseconds above 0")
      guard let bytes, let time else { return nil }
      guard points.last.map({ $0.payload.count < bytes }) ?? true else {
        log.add(item, path: path, expected: "a size above the one before")
        return nil
      }
      points.append(.init(payload: Bytes(Int64(bytes)), time: .microseconds(time)))
    }
    return points
  }
}

extension ReferenceReader {
  /// A collective table: a path or an inline mapping.
  func collectiveTable(_ node: DocumentNode, path: String) -> CollectiveTable? {
    let reader = CollectiveTableReader(log: log)
    if node.isMapping { return reader.table(node, path: path) }
    let expected = "a collective table: a path or a mapping"
    guard let text = log.text(node, path: path, expected: expected) else { return nil }
    guard let file = absolutePath(text, at: node.position, path: path) else { return nil }
    do throws(InputError) {
      return reader.table(try SourceDocument.load(path: file).root, path: "")
    } catch {
      log.adopt(error)
      return nil
    }
  }
}
