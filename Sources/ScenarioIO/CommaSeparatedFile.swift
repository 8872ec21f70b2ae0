/// A table of comma-separated text with a header: cells by column name, quotes as in RFC 4180.
public struct CommaSeparatedFile: Hashable, Sendable {
  /// Largest file that is read, in bytes: sweeps of measurements are longer than descriptions.
  static let maximumBytes = 256 * 1024 * 1024

  /// The file as it was named.
  public let name: String
  /// Column names, in order.
  public let columns: [String]
  /// Data rows, in order.
  private let rows: [[String]]
  private let place: [String: Int]

  /// Reads a file.
  ///
  /// - Throws: ``InputError``: missing, not text, or without a header.
  public static func load(path: String) throws(InputError) -> CommaSeparatedFile {
    try CommaSeparatedFile(FileText.load(path: path, limit: maximumBytes), name: path)
  }

  /// Splits a text.
  ///
  /// - Throws: ``InputError`` for a text without a header.
  public init(_ text: String, name: String) throws(InputError) {
    self.name = name
    var lines = Self.split(text)
    guard let header = lines.first else {
      let problem = InputProblem(file: name, line: 1, column: 1, message: "found no header", advice: "expected columns")
      throw InputError(kind: .badInput, problems: [problem])
    }
    lines.removeFirst()
    columns = header
    rows = lines
    place = Dictionary(header.enumerated().map { ($1, $0) }) { first, _ in first }
  }

  /// Data rows.
  public var count: Int { rows.count }

  /// A cell; `nil` when the column or the cell is missing or empty.
  public func cell(_ row: Int, _ column: String) -> String? {
    guard let index = place[column], index < rows[row].count, !rows[row][index].isEmpty else { return nil }
    return rows[row][index]
  }

  /// A cell as a finite number.
  public func number(_ row: Int, _ column: String) -> Double? {
    cell(row, column).flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil }
  }

  /// A cell as a whole number above zero.
  public func count(_ row: Int, _ column: String) -> Int? {
    number(row, column).flatMap { Int(exactly: $0) }.flatMap { $0 > 0 ? $0 : nil }
  }

  /// Records of cells; blank lines are none.
  static func split(_ text: some StringProtocol) -> [[String]] {
    var records: [[String]] = []
    var record: [String] = []
    var cell: [UInt8] = []
    var isQuoted = false
    func string(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
    func endRecord() {
      record.append(string(cell))
      cell = []
      if record.count > 1 || record.first?.isEmpty == false { records.append(record) }
      record = []
    }
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""):
        isQuoted.toggle()
        if isQuoted, !cell.isEmpty { cell.append(byte) }
      case UInt8(ascii: ",") where !isQuoted:
        record.append(string(cell))
        cell = []
      case UInt8(ascii: "\n") where !isQuoted: endRecord()
      case UInt8(ascii: "\r") where !isQuoted: continue
      default: cell.append(byte)
      }
    }
    if !cell.isEmpty || !record.isEmpty { endRecord() }
    return records
  }
}
