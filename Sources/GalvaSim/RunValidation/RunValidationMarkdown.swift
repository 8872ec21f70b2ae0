extension RunValidation {
  /// The tables of docs/accuracy-runs.md.
  public var markdown: String {
    let parts = [
      Self.table("measurements", [overall] + bySource, listsAll: true), Self.table("GPU", byGPU),
      Self.table("parallelism", byPlan),
      closingLines, skippedTable,
    ]
    return parts.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
  }

  private static func table(_ title: String, _ summaries: [RunSummary], listsAll: Bool = false) -> [String] {
    let header = [
      "| \(title) | rows | counted | reported | median | mean | p90 | bias | all: median | mean | p90 | bias | memory | median | "
        + "rank | regret | pairs |",
      "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    return header
      + summaries.filter { listsAll || $0.all.count + $0.all.memory.count > 0 }.map { summary in
        let (all, half) = (summary.all, summary.reported)
        let cells =
          ["\(summary.name)", "\(all.count + all.skipped)", "\(all.count)", "\(half.count)"] + errors(half.throughput)
          + errors(all.throughput) + [
            "\(all.memory.count)", percent(all.memory.median),
            all.ranking.correlation.map { Readable.fixed($0, 2) } ?? "-", percent(all.ranking.regret),
            percent(all.ranking.pairsRight),
          ]
        return "| " + cells.joined(separator: " | ") + " |"
      }
  }

  private static func errors(_ summary: ErrorSummary) -> [String] {
    [summary.median, summary.mean, summary.ninthDecile, summary.bias].map(percent)
  }

  private static func percent(_ value: Double?) -> String { value.map(Readable.percent) ?? "-" }

  private var closingLines: [String] {
    let verdicts = overall.all.verdicts
    return [
      "Constants fitted on the other half: \(FittedConstants.count). Out of memory: \(verdicts.truePositive) runs found, "
        + "\(verdicts.falseNegative) missed, \(verdicts.falsePositive) false alarms in "
        + "\(verdicts.falsePositive + verdicts.trueNegative) runs that ran."
    ]
  }

  private var skippedTable: [String] {
    ["| rows | why they do not count |", "|--:|---|"] + skipCounts.map { "| \($0.count) | \($0.reason) |" }
  }
}
