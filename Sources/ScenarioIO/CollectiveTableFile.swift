import Hardware
import Quantities

/// Reads and writes files of measured collectives (`Traces/collectives/NAME.yaml`).
public enum CollectiveTableFile {
  /// Reads a file.
  ///
  /// - Throws: ``InputError`` with every problem.
  public static func load(path: String) throws(InputError) -> CollectiveTable {
    try table(SourceDocument.load(path: path))
  }

  /// Reads a text.
  ///
  /// - Throws: ``InputError`` with every problem.
  public static func parse(_ text: String, source: SourceFile) throws(InputError) -> CollectiveTable {
    try table(SourceDocument.parse(text, source: source))
  }

  /// The table as YAML that ``parse(_:source:)`` reads, one size a line; `notes` become comments at its head.
  public static func text(_ table: CollectiveTable, notes: [String] = []) -> String {
    var lines = notes.map { "# " + $0 } + ["kind: collective-table", "name: \(quoted(table.name))"]
    lines.append("\(table.provenance.kind.rawValue): \(quoted(table.provenance.source))")
    lines.append("series:")
    for series in table.series {
      lines.append("  - operation: \(series.operation.rawValue)")
      lines += ["    ranks: \(series.ranks)", "    nodes: \(series.nodes)", "    points: # bytes, microseconds"]
      lines += series.points.map { "      - [\($0.payload.count), \(microseconds($0))]" }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The table as JSON, for a resolved scenario.
  static func json(_ table: CollectiveTable) -> JSONValue {
    let series = table.series.map { series -> JSONValue in
      let points = series.points.map { JSONValue.list([.integer($0.payload.count), .number(microseconds($0))]) }
      return [
        "operation": .text(series.operation.rawValue), "ranks": .integer(series.ranks),
        "nodes": .integer(series.nodes), "points": .list(points),
      ]
    }
    return ["name": .text(table.name), "series": .list(series)]
  }

  private static func table(_ document: SourceDocument) throws(InputError) -> CollectiveTable {
    let log = ProblemLog()
    let table = CollectiveTableReader(log: log).table(document.root, path: "")
    try log.throwIfAny()
    guard let table else {
      let problem = InputProblem(
        file: document.source.name, message: "found no usable table", advice: "expected name, series and provenance")
      throw InputError(kind: .badInput, problems: [problem])
    }
    return table
  }

  /// Microseconds to the picosecond, so that decimal files stay decimal.
  private static func microseconds(_ point: CollectiveTable.Point) -> Double {
    (point.time.value * 1e12).rounded() / 1e6
  }

  private static func quoted(_ text: String) -> String { JSONValue.text(text).compactText }
}
