import Export
import Planning

/// The best plans of one scenario under several memory limits.
public struct SearchCurve: Sendable {
  /// One search a limit, in the order asked for.
  public let runs: [SearchRun]

  /// Adopts the searches.
  public init(runs: [SearchRun]) { self.runs = runs }

  /// The document `search --json` prints for several limits: one document a limit.
  public var document: JSONValue {
    .object([
      JSONField("schema_version", 1), JSONField("tool_version", .text(toolVersion)),
      JSONField("scenario", .text(runs.first?.scenario.name ?? "")),
      JSONField("limits", .list(runs.map(\.document))),
    ])
  }

  /// The report for people: one line a limit.
  public var text: String {
    var table = TextTable([
      "limit GiB", "samples/s", "iteration", "peak GiB", "batch", "best plan",
    ])
    for run in runs {
      guard let best = run.entries.first, !run.isInfeasible else {
        let missing = run.nearest.map { "misses by \(Readable.gibibytes($0.missing)) GiB" } ?? "no plan fits"
        table.add([Readable.gibibytes(run.memoryLimit), "OOM", "-", "-", "-", missing])
        continue
      }
      table.add([
        Readable.gibibytes(run.memoryLimit), Readable.fixed(best.throughput, 4),
        Readable.time(best.simulatedTime ?? best.analyticTime), Readable.gibibytes(best.peaks.max() ?? 0),
        "\(best.globalBatch)", best.plan.text,
      ])
    }
    let first = runs.first
    let title =
      "\(first?.scenario.name ?? ""): method \(first?.options.method.rawValue ?? ""), "
      + "\(first?.costModel ?? "") costs"
    return ([title, ""] + table.lines).joined(separator: "\n") + "\n"
  }
}
