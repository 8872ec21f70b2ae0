import ScenarioIO

/// Tables of measured runs, read and checked.
enum RunTable {
  /// Columns without which nothing could be predicted.
  private static let required = ["id", "gpu", "layers", "hidden", "seq", "global_batch"]

  /// The rows of a file.
  ///
  /// - Throws: ``InputError``: no such file; columns that are missing; rows without an id, with an id that was there
  ///   before, or with a measurement that is not above zero. All at once.
  static func load(path: String) throws(InputError) -> [MeasuredRun] {
    let file = try CommaSeparatedFile.load(path: path)
    let missing = required.filter { !file.columns.contains($0) }
    guard missing.isEmpty else {
      throw InputError(
        kind: .badInput,
        problems: [
          InputProblem(
            file: path, line: 1, column: 1, message: "found no column \(missing.joined(separator: ", "))",
            advice: "expected the columns of a table of measured runs, at least \(required.joined(separator: ", "))")
        ])
    }
    let runs = (0..<file.count).map { MeasuredRun(file: file, row: $0) }
    let problems = problems(runs, path: path)
    guard problems.isEmpty else { throw InputError(kind: .badInput, problems: problems) }
    return runs
  }

  private static func problems(_ runs: [MeasuredRun], path: String) -> [InputProblem] {
    var seen: [String: Int] = [:]
    return runs.flatMap { run -> [InputProblem] in
      let line = run.row + 2
      func problem(_ key: String, _ message: String, _ advice: String) -> InputProblem {
        InputProblem(file: path, line: line, column: 1, path: key, message: message, advice: advice)
      }
      if run.id.isEmpty { return [problem("id", "found an empty cell", "give every row a name")] }
      var found: [InputProblem] = []
      if let first = seen[run.id] {
        found.append(problem("id", "found \(run.id), the name of line \(first) too", "give every row its own name"))
      }
      seen[run.id] = line
      for column in ["measured_iter_time_s", "measured_peak_mem_GB", "measured_tokens_per_s_per_gpu"] {
        let cell = run.text(column)
        guard !cell.isEmpty, (run.number(column) ?? 0) <= 0 else { continue }
        found.append(problem(column, "found \(cell)", "expected a number above 0, or nothing"))
      }
      return found
    }
  }
}
