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

  private var skipLines: [String] { skipCounts.map { "skipped \($0.count): \($0.reason)" } }

  /// Why rows were skipped, with how many, in order of first row.
  var skipCounts: [(reason: String, count: Int)] {
    rows.compactMap { $0.skippedReason.map(Self.kind) }.gathered { $0 }.map { ($0.key, $0.members.count) }
  }

  /// A reason without what tells rows apart.
  private static func kind(_ reason: String) -> String {
    if reason.hasPrefix("repeats ") { return "repeats another row" }
    if reason.hasPrefix("disturbed: ") {
      return "disturbed: a row of the same plan and as many replicas is twice as fast"
    }
    if reason.hasPrefix("gpu: "), reason.hasSuffix(" is not in the catalogue") { return "gpu: not in the catalogue" }
    if reason.hasPrefix("degrees: ") { return "degrees: their product is not the number of GPUs" }
    if reason.hasPrefix("global_batch: "), reason.contains("multiple") {
      return "global_batch: no multiple of dp x micro-batch"
    }
    return reason
  }
}
