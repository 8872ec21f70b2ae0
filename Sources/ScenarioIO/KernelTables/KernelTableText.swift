import Costing
import Foundation

/// The CSV form of kernel tables: lines `# key: value`, one line of column names, one line a row; nothing is quoted.
enum KernelTableText {
  /// Splits a text.
  static func cells(_ text: String, file: String) -> KernelTableCells {
    var cells = KernelTableCells(file: file)
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, raw) in lines.enumerated() {
      let line = raw.last == UInt8(ascii: "\r") ? raw.dropLast() : raw
      if line.first == UInt8(ascii: "#") {
        guard cells.columns.isEmpty, let entry = entry(Substring(line), index + 1) else { continue }
        cells.header.append(entry)
      } else if line.contains(where: { $0 > UInt8(ascii: " ") }) {
        let parts = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { Substring($0) }
        if cells.columns.isEmpty {
          cells.columns = parts.map { String($0) }
          cells.columnLine = index + 1
        } else {
          cells.rows.append(KernelTableCells.Row(line: index + 1, cells: parts))
        }
      }
    }
    return cells
  }

  private static func entry(_ line: Substring, _ number: Int) -> KernelTableCells.Entry? {
    let parts = line.dropFirst().split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    func trimmed(_ part: Substring) -> String { part.trimmingCharacters(in: .whitespaces) }
    return KernelTableCells.Entry(key: trimmed(parts[0]), value: trimmed(parts[1]), line: number)
  }

  /// The table as text that ``cells(_:file:)`` splits.
  static func text(_ table: KernelTable) -> String {
    let header = self.header(table).map { "# \($0.key): \($0.value)" }
    let rows = table.rows.map { row in
      KernelTableColumns.all.map { cell(row, $0) }.joined(separator: ",")
    }
    return (header + [KernelTableColumns.all.joined(separator: ",")] + rows).joined(separator: "\n") + "\n"
  }

  /// The header in the order of the format.
  static func header(_ table: KernelTable) -> [KernelTable.Note] {
    let fixed: [(String, String?)] = [
      ("format", KernelTableColumns.format), ("name", table.name), ("gpu", table.gpu), ("device", table.device),
      ("provenance", table.origin.rawValue), ("source", table.source), ("date", table.date),
      ("multiprocessors", table.multiprocessors.map(String.init)),
    ]
    return fixed.compactMap { key, value in value.map { KernelTable.Note(key, oneLine($0)) } }
      + table.notes.map { KernelTable.Note($0.key, oneLine($0.value)) }
  }

  private static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  /// One cell; empty where it does not apply.
  static func cell(_ row: KernelRow, _ column: String) -> String {
    switch column {
    case "kind": row.kind.rawValue
    case "op": row.operation
    case "pass": row.pass?.rawValue ?? ""
    case "format": row.format?.rawValue ?? ""
    case "layout": row.layout
    case "time_us": digits(row.time.value * 1e6)
    case "spread": row.spread.map(digits) ?? ""
    case "repeats": row.repeats.map(String.init) ?? ""
    case "alone_us": row.alone.map { digits($0.value * 1e6) } ?? ""
    default: count(row, column).map(String.init) ?? ""
    }
  }

  private static func count(_ row: KernelRow, _ column: String) -> Int64? {
    let value: Int? =
      switch column {
      case "batch": row.batch
      case "m": row.m
      case "n": row.n
      case "k": row.k
      case "heads": row.heads
      case "kv_heads": row.keyValueHeads
      case "queries": row.queries
      case "keys": row.keys
      case "head_dim": row.headDimension
      case "causal": row.isCausal.map { $0 ? 1 : 0 }
      case "rows": row.rows
      case "width": row.width
      default: nil
      }
    return column == "bytes" ? row.bytes : value.map(Int64.init)
  }

  /// Six significant digits, the shortest way to write them.
  private static func digits(_ value: Double) -> String { String(format: "%.6g", value) }
}
