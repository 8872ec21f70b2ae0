import ScenarioIO

/// Bounds that predictions of measured runs are held to.
public struct RunTolerances: Hashable, Sendable {
  /// One bound.
  struct Bound: Hashable, Sendable {
    /// A source's name; `overall` for all rows.
    var source: String
    /// Which rows.
    var half: Half
    /// A key of the summaries `validate --json` prints.
    var metric: String
    /// The largest value allowed.
    var atMost: Double?
    /// The smallest value allowed.
    var atLeast: Double?
  }

  /// A part of the rows.
  enum Half: String, CaseIterable {
    case all
    case reported
    case calibration
  }

  let bounds: [Bound]

  /// Reads a table of bounds: columns `source`, `half`, `metric`, `at_most`, `at_least`.
  ///
  /// - Throws: ``InputError``: missing file, or everything that is wrong with it.
  public static func load(path: String) throws(InputError) -> RunTolerances {
    let file = try CommaSeparatedFile.load(path: path)
    let needed = ["source", "metric"]
    var problems = needed.filter { !file.columns.contains($0) }.map { column in
      InputProblem(
        file: path, line: 1, column: 1, message: "found no column \(column)",
        advice: "expected source, half, metric, at_most, at_least")
    }
    var bounds: [Bound] = []
    let isReadable = problems.isEmpty
    for row in 0..<file.count where isReadable {
      let reading = bound(file, row, path)
      if case .success(let bound) = reading { bounds.append(bound) }
      if case .failure(let error) = reading { problems += error.problems }
    }
    guard problems.isEmpty else { throw InputError(kind: .badInput, problems: problems) }
    return RunTolerances(bounds: bounds)
  }

  private static func bound(_ file: CommaSeparatedFile, _ row: Int, _ path: String) -> Result<Bound, InputError> {
    func failure(_ key: String, _ message: String, _ advice: String) -> Result<Bound, InputError> {
      .failure(
        InputError(
          kind: .badInput,
          problems: [
            InputProblem(file: path, line: row + 2, column: 1, path: key, message: message, advice: advice)
          ]))
    }
    guard let source = file.cell(row, "source") else {
      return failure("source", "found nothing", "expected overall or a source")
    }
    let half = file.cell(row, "half") ?? "all"
    guard let part = Half(rawValue: half) else {
      return failure("half", "found \(half)", "expected all, reported or calibration")
    }
    let metric = file.cell(row, "metric") ?? ""
    guard RunValidation.metricNames.contains(metric) else {
      return failure(
        "metric", "found \(metric)", "expected one of \(RunValidation.metricNames.joined(separator: ", "))")
    }
    for column in ["at_most", "at_least"] where file.cell(row, column) != nil && file.number(row, column) == nil {
      return failure(column, "found \(file.cell(row, column) ?? "")", "expected a number")
    }
    let bound = Bound(
      source: source, half: part, metric: metric, atMost: file.number(row, "at_most"),
      atLeast: file.number(row, "at_least"))
    guard bound.atMost != nil || bound.atLeast != nil else {
      return failure("at_most", "found neither it nor at_least", "give one of them")
    }
    return .success(bound)
  }

  /// What is beyond its bound, one line each; sources without rows are not held to anything.
  public func violations(of validation: RunValidation) -> [String] {
    let summaries = [validation.overall] + validation.bySource
    return bounds.compactMap { bound in
      guard let summary = summaries.first(where: { $0.name == bound.source }) else { return nil }
      let statistics =
        switch bound.half {
        case .all: summary.all
        case .reported: summary.reported
        case .calibration: summary.calibration
        }
      guard let value = RunValidation.metric(bound.metric, of: statistics) else { return nil }
      let subject = "\(bound.source) (\(bound.half.rawValue)): \(bound.metric) is \(Readable.fixed(value, 4))"
      if let limit = bound.atMost, value > limit { return "\(subject), expected at most \(Readable.fixed(limit, 4))" }
      if let limit = bound.atLeast, value < limit { return "\(subject), expected at least \(Readable.fixed(limit, 4))" }
      return nil
    }
  }
}
