import ScenarioIO

/// Tables of measured runs, read and checked.
enum RunTable {
  /// Columns of such tables; one that is missing is an unknown value in every row.
  private static let known = [
    "id", "source", "gpu", "n_gpus", "model", "layers", "hidden", "seq", "global_batch", "tp", "pp", "dp",
    "measured_iter_time_s", "measured_peak_mem_GB", "framework",
  ]

  /// The rows of a file.
  ///
  /// - Throws: ``InputError``: no such file; none of the columns; rows with a measurement that is no number above zero.
  ///   All at once.
  static func load(path: String) throws(InputError) -> [MeasuredRun] {
    let file = try CommaSeparatedFile.load(path: path)
    guard file.columns.contains(where: { known.contains($0) }) else {
      let found = file.columns.prefix(8).joined(separator: ", ")
      throw InputError(
        kind: .badInput,
        problems: [
          InputProblem(
            file: path, line: 1, column: 1, message: "found the columns \(found)",
            advice: "expected some of \(known.joined(separator: ", "))")
        ])
    }
    let runs = (0..<file.count).map { MeasuredRun(file: file, row: $0) }
    let problems = problems(runs, path: path)
    guard problems.isEmpty else { throw InputError(kind: .badInput, problems: problems) }
    return runs
  }

  private static func problems(_ runs: [MeasuredRun], path: String) -> [InputProblem] {
    runs.flatMap { run in
      ["measured_iter_time_s", "measured_peak_mem_GB", "measured_tokens_per_s_per_gpu"].compactMap { column in
        let cell = run.text(column)
        guard !cell.isEmpty, (run.number(column) ?? 0) <= 0 else { return nil }
        return InputProblem(
          file: path, line: run.row + 2, column: 1, path: column, message: "found \(cell)",
          advice: "expected a number above 0, or nothing")
      }
    }
  }
}
