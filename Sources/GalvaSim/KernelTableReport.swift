import Costing
import Hardware
import Quantities
import ScenarioIO

/// What a kernel table covers and how much of the peak its kernels reach, for people and programs.
public struct KernelTableReport {
  private let table: KernelTable
  private let device: DeviceSpec?

  /// Reports on a table.
  public init(_ table: KernelTable) {
    self.table = table
    device = table.device.flatMap { try? Catalog.builtIn.device(named: $0) }
  }

  /// Header, coverage of each operator class, findings.
  public var facts: [CatalogText.Fact] {
    head + table.coverage(on: device).map { CatalogText.Fact($0.name, Self.value($0)) } + findings
  }

  /// The same for people: one line for each class.
  public var text: String {
    var lines = TextTable(["class", "kernels", "shortest", "longest", "of peak, median", "best"])
    for coverage in table.coverage(on: device) {
      let fractions = [coverage.medianFraction, coverage.bestFraction].map { $0.map { Readable.percent($0) } ?? "-" }
      lines.add(
        [coverage.name, "\(coverage.count)"]
          + [coverage.times.lowerBound, coverage.times.upperBound].map { Readable.time($0.value) } + fractions)
    }
    return CatalogText.text(head + findings) + "\n" + lines.lines.joined(separator: "\n") + "\n"
  }

  private var head: [CatalogText.Fact] {
    let first = [
      CatalogText.Fact("name", .text(table.name)), CatalogText.Fact("gpu", .text(table.gpu)),
      CatalogText.Fact("device", table.device.map { .text($0) } ?? .null),
      CatalogText.Fact("provenance", .text(table.origin.rawValue), table.source),
      CatalogText.Fact("date", .text(table.date)), CatalogText.Fact("rows", .integer(table.rows.count)),
    ]
    let notes = table.notes.map { CatalogText.Fact($0.key, .text($0.value)) }
    return first + notes
  }

  private var findings: [CatalogText.Fact] {
    KernelTableFindings(table).lines.enumerated().map { index, line in
      CatalogText.Fact("finding_\(index + 1)", .text(line))
    }
  }

  private static func value(_ coverage: KernelCoverage) -> JSONValue {
    let unit = coverage.countsBytes ? "bytes" : "operations"
    func fraction(_ value: Double?) -> JSONValue { value.map { .number(($0 * 1000).rounded() / 1000) } ?? .null }
    return .object(
      [
        JSONField("rows", .integer(coverage.count)),
        JSONField(
          "time_us", .list([microseconds(coverage.times.lowerBound), microseconds(coverage.times.upperBound)])),
      ]
        + (coverage.work.map { [JSONField(unit, .list([.number($0.lowerBound), .number($0.upperBound)]))] } ?? [])
        + [
          JSONField("median_fraction_of_peak", fraction(coverage.medianFraction)),
          JSONField("best_fraction_of_peak", fraction(coverage.bestFraction)),
        ])
  }

  private static func microseconds(_ time: Seconds) -> JSONValue { .number((time.value * 1e9).rounded() / 1e3) }
}
