/// A table of comma-separated values with a header line; lines that begin with `#` are comments.
struct CommaTable {
  /// One line.
  struct Row {
    /// Line in the file, counted from 1.
    let line: Int
    /// Cells in order.
    let cells: [String]
  }

  /// The file.
  let path: String
  /// Column names.
  let header: [String]
  /// Lines below the header.
  let rows: [Row]

  /// Reads a file.
  ///
  /// - Throws: ``InputError`` when it cannot be read or has no header.
  init(path: String) throws(InputError) {
    self.path = path
    let lines = try FileText.load(path: path).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    var header: [String] = []
    var rows: [Row] = []
    for (index, line) in lines.enumerated() where !line.hasPrefix("#") && !line.allSatisfy(\.isWhitespace) {
      let cells = CommaSeparatedFile.split(line).first ?? []
      if header.isEmpty { header = cells } else { rows.append(Row(line: index + 1, cells: cells)) }
    }
    guard !header.isEmpty else {
      throw InputError(
        kind: .badInput, problems: [InputProblem(file: path, message: "found no header", advice: "expected a table")])
    }
    self.header = header
    self.rows = rows
  }

  /// The text of a cell.
  func text(_ row: Row, _ column: String) throws(InputError) -> String {
    guard let index = header.firstIndex(of: column), row.cells.count > index else {
      throw problem(row, "found no column \(column)", "expected it in the header")
    }
    return row.cells[index]
  }

  /// The number of a cell.
  func number(_ row: Row, _ column: String) throws(InputError) -> Double {
    let text = try text(row, column)
    guard let value = Double(text), value.isFinite, value >= 0, value < 1e15 else {
      throw problem(row, "found \"\(text.prefix(40))\" as \(column)", "expected a number of at least 0")
    }
    return value
  }

  /// A problem of a row.
  func problem(_ row: Row, _ message: String, _ advice: String) -> InputError {
    InputError(
      kind: .badInput,
      problems: [InputProblem(file: path, line: row.line, column: 1, message: message, advice: advice)])
  }
}
