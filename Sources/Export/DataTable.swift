/// A table of named columns of one length: the rows of a sweep, for CSV and HDF5.
public struct DataTable: Hashable, Sendable {
  /// The values of a column, one a row; `nil` where a row has none.
  public enum Values: Hashable, Sendable {
    case texts([String])
    case integers([Int64?])
    case reals([Double?])

    /// Rows.
    var count: Int {
      switch self {
      case .texts(let values): values.count
      case .integers(let values): values.count
      case .reals(let values): values.count
      }
    }
  }

  /// One column.
  public struct Column: Hashable, Sendable {
    /// Its name, unique in the table.
    public let name: String
    /// Its values.
    public let values: Values
    /// Unit in the spelling of UDUNITS, such as `s` or `byte`.
    public let units: String?
    /// One line for axis labels.
    public let longName: String

    /// Describes a column.
    public init(_ name: String, _ values: Values, units: String? = nil, longName: String) {
      self.name = name
      self.values = values
      self.units = units
      self.longName = longName
    }
  }

  /// The columns, in the order readers list them.
  public let columns: [Column]
  /// Rows.
  public var rowCount: Int { columns.first?.values.count ?? 0 }

  /// Puts columns together.
  ///
  /// - Precondition: All have the same length.
  public init(columns: [Column]) {
    precondition(columns.allSatisfy { $0.values.count == columns.first?.values.count }, "columns of one length")
    self.columns = columns
  }

  /// A column by its name.
  public subscript(name: String) -> Values? { columns.first { $0.name == name }?.values }
}

extension DataTable {
  /// The table as comma-separated text with a header (RFC 4180, lines end with a line feed); missing values are empty.
  public var commaSeparatedText: String {
    let cells = columns.map { column -> [String] in
      switch column.values {
      case .texts(let values): values.map(Self.quoted)
      case .integers(let values): values.map { $0.map { "\($0)" } ?? "" }
      case .reals(let values): values.map { $0.map { "\($0)" } ?? "" }
      }
    }
    let header = columns.map { Self.quoted($0.name) }.joined(separator: ",")
    let rows = (0..<rowCount).map { row in cells.map { $0[row] }.joined(separator: ",") }
    return ([header] + rows).joined(separator: "\n") + "\n"
  }

  /// A cell, in quotes where it holds what separates cells.
  package static func quoted(_ text: String) -> String {
    let special: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: "\""), 0x0A, 0x0D]
    guard text.utf8.contains(where: special.contains) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
