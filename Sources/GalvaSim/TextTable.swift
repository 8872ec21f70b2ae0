/// A table of text with aligned columns: the first flush left, the others flush right.
struct TextTable {
  private var rows: [[String]]

  /// A table with a header.
  init(_ header: [String]) { rows = [header] }

  /// Adds a row; missing cells are empty.
  mutating func add(_ row: [String]) { rows.append(row) }

  /// The lines, the header underlined.
  var lines: [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
    var lines = rows.map { row in
      widths.enumerated().map { column, width in
        let cell = row.count > column ? row[column] : ""
        let padding = String(repeating: " ", count: width - cell.count)
        return column == 0 ? cell + padding : padding + cell
      }.joined(separator: "  ").trimmingTrailingSpaces
    }
    lines.insert(widths.map { String(repeating: "-", count: $0) }.joined(separator: "  "), at: 1)
    return lines
  }
}

extension String {
  /// Without the spaces at the end.
  var trimmingTrailingSpaces: String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}

/// Numbers for people.
enum Readable {
  /// A number with a fixed number of decimals.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return "-" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (value.magnitude * scale).rounded()
    guard scaled < 9e15 else { return "\(value)" }
    let whole = String(Int64(scaled))
    let padded = String(repeating: "0", count: max(0, decimals + 1 - whole.count)) + whole
    let sign = value < 0 && scaled > 0 ? "-" : ""
    return decimals == 0 ? sign + padded : sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
  }

  /// A time with four digits in a fitting unit.
  static func time(_ seconds: Double) -> String {
    switch seconds.magnitude {
    case 0: "0"
    case ..<1e-3: fixed(seconds * 1e6, 1) + " us"
    case ..<1: fixed(seconds * 1e3, 2) + " ms"
    default: fixed(seconds, 3) + " s"
    }
  }

  /// An amount in binary gibibytes.
  static func gibibytes(_ bytes: Int64) -> String { fixed(Double(bytes) / 1_073_741_824, 2) }

  /// A share in percent.
  static func percent(_ fraction: Double) -> String { fixed(fraction * 100, 1) + " %" }

  /// A whole number with thin groups of three digits.
  static func grouped(_ value: Double) -> String {
    let digits = fixed(value, 0)
    var groups: [Substring] = []
    var rest = digits[...]
    while rest.count > 3 {
      groups.insert(rest.suffix(3), at: 0)
      rest = rest.dropLast(3)
    }
    return ([rest] + groups).joined(separator: ",")
  }
}
