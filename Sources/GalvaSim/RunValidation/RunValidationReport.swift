import ScenarioIO

extension RunValidation {
  /// The summary for people; with `listsRows` every row before it.
  public func text(listsRows: Bool) -> String {
    var parts = [
      summaryTable("source", [overall] + bySource), summaryTable("GPU", byGPU), summaryTable("plan", byPlan),
    ].map(\.lines)
    if listsRows { parts.insert(rowTable.lines, at: 0) }
    parts += [closing, skipLines]
    return parts.filter { !$0.isEmpty }.joined(separator: [""]).joined(separator: "\n") + "\n"
  }

  private func cell(_ value: Double?, _ decimals: Int = 3) -> String {
    value.map { Readable.fixed($0, decimals) } ?? "-"
  }

  private func percent(_ value: Double?) -> String { value.map(Readable.percent) ?? "-" }

  private var rowTable: TextTable {
    var table = TextTable([
      "id", "measured s", "predicted s", "error", "measured GB", "predicted GB", "error", "status", "verdict",
      "skipped",
    ])
    for row in rows {
      table.add([
        row.id, cell(row.measuredTime, 4), cell(row.predictedTime, 4), percent(row.timeError),
        cell(row.measuredMemory, 2),
        cell(row.predictedMemory, 2), percent(row.memoryError), row.measuredStatus, row.predictedVerdict ?? "-",
        row.skippedReason ?? "",
      ])
    }
    return table
  }

  private func summaryTable(_ title: String, _ summaries: [RunSummary]) -> TextTable {
    var table = TextTable([
      title, "n", "skipped", "median", "mean", "p90", "bias", "reported n", "median", "mean", "p90", "bias", "memory n",
      "median", "rank", "regret", "pairs",
    ])
    for summary in summaries {
      let (all, half) = (summary.all, summary.reported)
      table.add(
        [summary.name, "\(all.count)", "\(all.skipped)"] + times(all) + ["\(half.count)"] + times(half) + [
          "\(all.memory.count)", percent(all.memory.median), cell(all.ranking.correlation, 2),
          percent(all.ranking.regret),
          percent(all.ranking.pairsRight),
        ])
    }
    return table
  }

  private func times(_ statistics: RunStatistics) -> [String] {
    [statistics.time.median, statistics.time.mean, statistics.time.ninthDecile, statistics.time.bias].map(percent)
  }

  private var closing: [String] {
    let verdicts = overall.all.verdicts
    return [
      "errors: predicted over measured time, less one; bias is their median; reported: the half of the rows (by a hash of "
        + "the id) that no constant was fitted on",
      "constants fitted on the other half: \(FittedConstants.count)",
      "out of memory: \(verdicts.truePositive) found, \(verdicts.falseNegative) missed; \(verdicts.falsePositive) false "
        + "alarms in \(verdicts.falsePositive + verdicts.trueNegative) runs",
    ]
  }

  /// Why rows were skipped, with how many.
  private var skipLines: [String] {
    var order: [String] = []
    var counts: [String: Int] = [:]
    for row in rows {
      guard let reason = row.skippedReason.map({ $0.hasPrefix("repeats ") ? "repeats another row" : $0 }) else {
        continue
      }
      if counts[reason] == nil { order.append(reason) }
      counts[reason, default: 0] += 1
    }
    return order.map { "skipped \(counts[$0] ?? 0): \($0)" }
  }
}
