/// What predictions of a set of rows are worth.
public struct RunStatistics: Hashable, Sendable {
  /// Rows with a time error.
  public let count: Int
  /// Rows that do not count.
  public let skipped: Int
  /// Errors of the time.
  public let time: ErrorSummary
  /// Errors of the throughput: measured over predicted time, less one.
  public let throughput: ErrorSummary
  /// Errors of the peak memory.
  public let memory: ErrorSummary
  /// Out-of-memory verdicts.
  public let verdicts: Verdicts
  /// Orders of plans inside groups of equal models and numbers of GPUs.
  public let ranking: Ranking

  /// Verdicts; positive is out of memory.
  public struct Verdicts: Hashable, Sendable {
    /// Predicted and measured.
    public internal(set) var truePositive = 0
    /// Predicted, but the run was measured.
    public internal(set) var falsePositive = 0
    /// Neither.
    public internal(set) var trueNegative = 0
    /// Measured, not predicted.
    public internal(set) var falseNegative = 0
  }

  /// Orders of plans.
  public struct Ranking: Hashable, Sendable {
    /// Groups of at least three plans.
    public internal(set) var groups = 0
    /// Median over groups of Spearman's correlation.
    public internal(set) var correlation: Double?
    /// Median over groups of the throughput lost by the plan predicted best.
    public internal(set) var regret: Double?
    /// Mean over groups of the same.
    public internal(set) var meanRegret: Double?
    /// Pairs more than 2 % apart.
    public internal(set) var pairs = 0
    /// Share of these that are ordered right.
    public internal(set) var pairsRight: Double?
  }

  /// Summarises rows.
  public init(_ rows: [RunValidation.Row]) {
    let counted = rows.filter { $0.skippedReason == nil }
    let timed = counted.compactMap(\.timeError)
    count = timed.count
    skipped = rows.count - counted.count
    time = ErrorSummary(timed)
    throughput = ErrorSummary(timed.map { 1 / (1 + $0) - 1 })
    memory = ErrorSummary(counted.compactMap(\.memoryError))
    verdicts = Self.verdicts(counted)
    ranking = Self.ranking(counted)
  }

  private static func verdicts(_ rows: [RunValidation.Row]) -> Verdicts {
    var verdicts = Verdicts()
    for row in rows {
      switch (row.predictedVerdict, row.measuredStatus) {
      case ("out_of_memory", "out_of_memory"): verdicts.truePositive += 1
      case ("out_of_memory", "ok"): verdicts.falsePositive += 1
      case ("fits", "out_of_memory"): verdicts.falseNegative += 1
      case ("fits", "ok"): verdicts.trueNegative += 1
      default: break
      }
    }
    return verdicts
  }

  private static func ranking(_ rows: [RunValidation.Row]) -> Ranking {
    let pairs = rows.compactMap { row -> (group: String, pair: RankStatistics.Pair)? in
      guard let tokens = row.tokens, let predicted = row.predictedTime, let measured = row.measuredTime else {
        return nil
      }
      return (row.group, .init(predicted: tokens / predicted, measured: tokens / measured))
    }
    let large = pairs.gathered(by: \.group).map { $0.members.map(\.pair) }.filter { $0.count >= 3 }
    var ranking = Ranking(groups: large.count)
    ranking.correlation = ErrorSummary.quantile(large.compactMap(RankStatistics.correlation).sorted(), 0.5)
    let regrets = large.compactMap(RankStatistics.regret)
    ranking.regret = ErrorSummary.quantile(regrets.sorted(), 0.5)
    ranking.meanRegret = ErrorSummary.mean(regrets)
    let orders = large.map(RankStatistics.order)
    ranking.pairs = orders.reduce(0) { $0 + $1.count }
    let right = orders.reduce(0) { $0 + $1.right }
    if ranking.pairs > 0 { ranking.pairsRight = Double(right) / Double(ranking.pairs) }
    return ranking
  }
}
