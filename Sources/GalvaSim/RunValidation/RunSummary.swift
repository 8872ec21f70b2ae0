/// Statistics of one part of the rows: over all of them and over both halves.
public struct RunSummary: Hashable, Sendable {
  /// What the rows have in common, for example `zero_bubble`; `overall` for all rows.
  public let name: String
  /// All rows.
  public let all: RunStatistics
  /// The half that no constant was fitted on.
  public let reported: RunStatistics
  /// The half that constants may be fitted on.
  public let calibration: RunStatistics

  init(_ name: String, _ rows: [RunValidation.Row]) {
    self.name = name
    all = RunStatistics(rows)
    reported = RunStatistics(rows.filter { !$0.isCalibration })
    calibration = RunStatistics(rows.filter(\.isCalibration))
  }
}

extension RunValidation {
  /// All rows together.
  public var overall: RunSummary { RunSummary("overall", rows) }
  /// One summary per table or publication, in order of first row.
  public var bySource: [RunSummary] { summaries(by: \.source) }
  /// One summary per GPU, as rows name them.
  public var byGPU: [RunSummary] { summaries(by: \.gpu) }
  /// One summary per combination of kinds of parallelism.
  public var byPlan: [RunSummary] { summaries(by: \.plan) }

  private func summaries(by key: KeyPath<Row, String>) -> [RunSummary] {
    var order: [String] = []
    var groups: [String: [Row]] = [:]
    for row in rows {
      let name = row[keyPath: key]
      if groups[name] == nil { order.append(name) }
      groups[name, default: []].append(row)
    }
    return order.map { RunSummary($0, groups[$0] ?? []) }
  }
}
