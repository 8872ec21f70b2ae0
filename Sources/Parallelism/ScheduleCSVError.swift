/// A schedule file that cannot be read; lines, cells and columns are counted from 1.
public enum ScheduleCSVError: Error, Hashable, Sendable {
  /// A cell that is no action.
  case badCell(line: Int, cell: Int, column: Int, text: String)
  /// A forward or backward pass without a micro-batch.
  case missingMicroBatch(line: Int, cell: Int, column: Int, text: String)
  /// No row with an action.
  case noActions
}

extension ScheduleCSVError: CustomStringConvertible {
  /// Where, what was found, what to do.
  public var description: String {
    switch self {
    case .badCell(let line, let cell, let column, let text):
      "line \(line), column \(column) (cell \(cell)): '\(text)' is no action; write stage, letter (F, B, I, W) and "
        + "micro-batch, for example 3F1, or leave the cell empty"
    case .missingMicroBatch(let line, let cell, let column, let text):
      "line \(line), column \(column) (cell \(cell)): '\(text)' names no micro-batch; write for example \(text)0"
    case .noActions:
      "no action in the file; write one row per pipeline rank"
    }
  }
}
