/// The columns of a kernel table, format 1 (Traces/README.md).
enum KernelTableColumns {
  /// What the first header line says.
  static let format = "galvasim-kernel-table 1"
  static let texts = ["kind", "op", "pass", "format", "layout"]
  static let counts = [
    "batch", "m", "n", "k", "heads", "kv_heads", "queries", "keys", "head_dim", "causal", "rows", "width", "bytes",
  ]
  static let repeats = "repeats"
  static let all = texts + counts + ["time_us", "spread", repeats, "alone_us"]
  /// Columns nobody may leave out.
  static let required = ["kind", "op", "time_us"]
  /// Keys of the header nobody may leave out.
  static let requiredKeys = ["format", "name", "gpu", "provenance", "source", "date"]
  /// Whether a column holds whole numbers.
  static func isWhole(_ column: String) -> Bool { counts.contains(column) || column == repeats }
  /// Whether a column holds text.
  static func isText(_ column: String) -> Bool { texts.contains(column) }
}

/// A kernel table as text, whichever file it came from.
struct KernelTableCells {
  /// A value of the header and its line; 0 where the file has no lines.
  struct Entry {
    var key: String
    var value: String
    var line: Int
  }

  /// One row: its line (or number) and a cell for each column.
  struct Row {
    var line: Int
    var cells: [Substring]
  }

  /// The file.
  var file: String
  var header: [Entry] = []
  var columns: [String] = []
  /// Line of the column names.
  var columnLine = 0
  var rows: [Row] = []
}
