import ScenarioIO

extension RunValidation {
  /// The document `validate --json` prints.
  public var document: JSONValue {
    [
      "schema_version": 1, "fitted_constants": .integer(FittedConstants.count),
      "rows": .list(rows.map(Self.json)),
      "summary": [
        "overall": Self.json(overall), "by_source": .list(bySource.map { Self.json($0, key: "source") }),
        "by_gpu": .list(byGPU.map { Self.json($0, key: "gpu") }),
        "by_plan": .list(byPlan.map { Self.json($0, key: "plan") }),
      ],
    ]
  }

  /// Keys of a summary.
  static let metricNames = fields(RunStatistics([])).map(\.key)

  /// A value of a summary by its key; `nil` where there is none.
  static func metric(_ name: String, of statistics: RunStatistics) -> Double? {
    switch fields(statistics).first(where: { $0.key == name })?.value {
    case .number(let value): value
    case .integer(let value): Double(value)
    default: nil
    }
  }

  private static func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }

  private static func json(_ row: Row) -> JSONValue {
    func text(_ value: String?) -> JSONValue { value.map { .text($0) } ?? .null }
    return [
      "id": .text(row.id), "place": .text(row.place), "source": .text(row.source), "gpu": .text(row.gpu),
      "plan": .text(row.plan), "half": .text(row.isCalibration ? "calibration" : "reported"),
      "measured_iter_time_s": number(row.measuredTime), "predicted_iter_time_s": number(row.predictedTime),
      "time_error": number(row.timeError), "measured_peak_mem_GB": number(row.measuredMemory),
      "predicted_peak_mem_GB": number(row.predictedMemory), "memory_error": number(row.memoryError),
      "measured_status": .text(row.measuredStatus), "predicted_verdict": text(row.predictedVerdict),
      "skipped_reason": text(row.skippedReason), "assumptions": .list(row.assumptions.map { .text($0) }),
    ]
  }

  private static func json(_ summary: RunSummary, key: String? = nil) -> JSONValue {
    .object(
      (key.map { [JSONField($0, .text(summary.name))] } ?? []) + fields(summary.all) + [
        JSONField("reported_half", .object(fields(summary.reported))),
        JSONField("calibration_half", .object(fields(summary.calibration))),
      ])
  }

  private static func fields(_ statistics: RunStatistics) -> [JSONField] {
    let (time, memory, verdicts) = (statistics.time, statistics.memory, statistics.verdicts)
    let ranking = statistics.ranking
    let numbers: [(String, Double?)] = [
      ("time_mape", time.mean), ("time_median_ape", time.median), ("time_p90_ape", time.ninthDecile),
      ("time_within_10pct", time.withinTenth), ("time_bias", time.bias), ("time_mean_bias", time.meanBias),
      ("throughput_mape", statistics.throughput.mean), ("throughput_median_ape", statistics.throughput.median),
      ("throughput_p90_ape", statistics.throughput.ninthDecile), ("throughput_bias", statistics.throughput.bias),
      ("memory_mape", memory.mean), ("memory_median_ape", memory.median), ("memory_bias", memory.bias),
      ("rank_correlation", ranking.correlation), ("regret_median", ranking.regret), ("regret_mean", ranking.meanRegret),
      ("pairs_ordered_right", ranking.pairsRight),
    ]
    let counts: [(String, Int)] = [
      ("n", statistics.count), ("n_skipped", statistics.skipped), ("n_memory", memory.count),
      ("oom_true_positive", verdicts.truePositive), ("oom_false_positive", verdicts.falsePositive),
      ("oom_true_negative", verdicts.trueNegative), ("oom_false_negative", verdicts.falseNegative),
      ("rank_groups", ranking.groups), ("rank_pairs", ranking.pairs),
    ]
    return counts.map { JSONField($0, .integer($1)) } + numbers.map { JSONField($0, number($1)) }
  }
}
