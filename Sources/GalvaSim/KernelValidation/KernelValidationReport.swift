import Costing
import Quantities
import ScenarioIO

extension KernelValidation {
  /// Errors of one GPU and kind.
  public struct Summary: Hashable, Sendable {
    /// The GPU as the rows name it.
    public let gpu: String
    /// Kind of the rows.
    public let kind: String
    /// Rows that could not be predicted or compared.
    public let skipped: Int
    /// Errors of all rows.
    public let all: ErrorSummary
    /// Errors of the large ones.
    public let large: ErrorSummary
  }

  /// Errors by GPU and kind, in the order of the rows.
  public var summaries: [Summary] {
    rows.gathered { [$0.gpu, $0.kind] }.map { key, rows in
      let known = rows.filter { $0.skippedReason == nil }
      return Summary(
        gpu: key[0], kind: key[1], skipped: rows.count - known.count,
        all: ErrorSummary(known.compactMap(\.error)),
        large: ErrorSummary(known.filter(\.isLarge).compactMap(\.error)))
    }
  }

  /// The document `validate-kernels --json` prints.
  public var document: JSONValue {
    ["schema_version": 1, "rows": .list(rows.map(Self.json)), "summary": .list(summaries.map(Self.json))]
  }

  private static func json(_ row: Row) -> JSONValue {
    func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
    return [
      "line": .integer(row.line), "gpu": .text(row.gpu), "kind": .text(row.kind), "measured_us": number(row.measured),
      "predicted_us": number(row.predicted), "error": number(row.error),
      "basis": row.basis.map { .text($0.name) } ?? .null,
      "skipped_reason": row.skippedReason.map { .text($0) } ?? .null, "large": .boolean(row.isLarge),
    ]
  }

  private static func json(_ summary: Summary) -> JSONValue {
    .object(
      [
        JSONField("gpu", .text(summary.gpu)), JSONField("kind", .text(summary.kind)),
        JSONField("n_skipped", .integer(summary.skipped)),
      ] + summary.all.fields + [JSONField("large", .object(summary.large.fields))])
  }

  /// The summary for people; with `listsRows` every row before it.
  public func text(listsRows: Bool) -> String {
    let rowLines = listsRows ? rowTable.lines + [""] : []
    return (rowLines + summaryTable.lines + skipLines).map(\.trimmingTrailingSpaces).joined(separator: "\n") + "\n"
  }

  private var rowTable: TextTable {
    var table = TextTable(["gpu", "line", "kind", "measured us", "predicted us", "error", "basis", "skipped"])
    for row in rows {
      table.add([
        row.gpu, "\(row.line)", row.kind, row.measured.map { Readable.fixed($0, 2) } ?? "-",
        row.predicted.map { Readable.fixed($0, 2) } ?? "-", row.error.map(Readable.percent) ?? "-",
        row.basis?.name ?? "-", row.skippedReason ?? "",
      ])
    }
    return table
  }

  private var summaryTable: TextTable {
    var table = TextTable([
      "gpu", "kind", "n", "skipped", "median", "p90", "bias", "large n", "median", "p90", "bias",
    ])
    for summary in summaries {
      table.add(
        [summary.gpu, summary.kind, "\(summary.all.count)", "\(summary.skipped)"] + summary.all.cells
          + ["\(summary.large.count)"] + summary.large.cells)
    }
    return table
  }

  /// Why rows were skipped, with how many.
  private var skipLines: [String] {
    let reasons = rows.compactMap(\.skippedReason).gathered { $0 }
    return reasons.isEmpty ? [] : [""] + reasons.map { "skipped \($0.members.count): \($0.key)" }
  }
}

extension ErrorSummary {
  /// The usual three numbers, as fields.
  var fields: [JSONField] {
    func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
    return [
      JSONField("n", .integer(count)), JSONField("median_ape", number(median)),
      JSONField("p90_ape", number(ninthDecile)), JSONField("bias", number(bias)),
    ]
  }

  /// The same for people.
  var cells: [String] { [median, ninthDecile, bias].map { $0.map(Readable.percent) ?? "-" } }
}
