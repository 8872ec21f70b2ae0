import Costing
import Quantities
import Workload

/// Turns the cells of a kernel table into a table; every problem is kept, with file, line and column name.
struct KernelTableReader {
  private let cells: KernelTableCells
  private let place: [String: Int]
  private var problems: [InputProblem] = []

  /// Reads cells.
  ///
  /// - Throws: ``InputError`` with every problem.
  static func table(_ cells: KernelTableCells) throws(InputError) -> KernelTable {
    var reader = KernelTableReader(cells)
    let table = reader.table()
    guard reader.problems.isEmpty, let table else { throw InputError(kind: .badInput, problems: reader.problems) }
    return table
  }

  private init(_ cells: KernelTableCells) {
    self.cells = cells
    place = Dictionary(cells.columns.enumerated().map { ($1, $0) }) { first, _ in first }
  }

  private mutating func add(_ line: Int, _ path: String, _ found: String, _ advice: String, _ near: String? = nil) {
    problems.append(
      InputProblem(
        file: cells.file, line: line, column: line > 0 ? 1 : 0, path: path, message: found, advice: advice,
        suggestion: near))
  }

  private mutating func table() -> KernelTable? {
    checkHeader()
    checkColumns()
    guard problems.isEmpty else { return nil }
    let origin = word("provenance", KernelTable.Origin.self)
    let processors = entry("multiprocessors").flatMap { wholeHeader($0) }
    var rows: [KernelRow] = []
    rows.reserveCapacity(cells.rows.count)
    var seen: [KernelRow: Int] = [:]
    for row in cells.rows where problems.count < 20 {
      guard let read = self.row(row) else { continue }
      checkUnique(read, line: row.line, &seen)
      rows.append(read)
    }
    if rows.isEmpty, problems.isEmpty { add(0, "", "found no row", "expected at least one timed kernel") }
    guard let origin else { return nil }
    let known = KernelTableColumns.requiredKeys + ["device", "multiprocessors"]
    return KernelTable(
      name: value("name"), gpu: value("gpu"), device: entry("device")?.value, origin: origin,
      source: value("source"), date: value("date"), multiprocessors: processors,
      notes: cells.header.filter { !known.contains($0.key) }.map { KernelTable.Note($0.key, $0.value) }, rows: rows)
  }

  // MARK: Header and columns

  private func entry(_ key: String) -> KernelTableCells.Entry? { cells.header.first { $0.key == key } }
  private func value(_ key: String) -> String { entry(key)?.value ?? "" }

  private mutating func checkHeader() {
    for key in KernelTableColumns.requiredKeys where value(key).isEmpty {
      add(1, key, "found no header line \"# \(key): ...\"", "expected one; see Traces/README.md")
    }
    guard let format = entry("format"), format.value != KernelTableColumns.format else { return }
    add(format.line, "format", "found \(format.value)", "expected \(KernelTableColumns.format)")
  }

  private mutating func checkColumns() {
    for name in KernelTableColumns.required where place[name] == nil {
      add(cells.columnLine, name, "found no such column", "expected the columns of Traces/README.md")
    }
    for (index, name) in cells.columns.enumerated() {
      if !KernelTableColumns.all.contains(name) {
        let near = Spelling.nearest(to: name, among: KernelTableColumns.all)
        add(cells.columnLine, name, "found a column that means nothing here", "correct or remove it", near)
      } else if place[name] != index {
        add(cells.columnLine, name, "found the column twice", "keep one of them")
      }
    }
  }

  private mutating func word<Word: RawRepresentable & CaseIterable>(_ key: String, _: Word.Type) -> Word?
  where Word.RawValue == String {
    if let word = Word(rawValue: value(key)) { return word }
    let all = Word.allCases.map(\.rawValue)
    add(
      entry(key)?.line ?? 0, key, "found \(value(key))", "expected \(ProblemLog.list(all))",
      Spelling.nearest(to: value(key), among: all))
    return nil
  }

  private mutating func wholeHeader(_ entry: KernelTableCells.Entry) -> Int? {
    if let number = Int(entry.value), number > 0 { return number }
    add(entry.line, entry.key, "found \(entry.value)", "expected a whole number above 0")
    return nil
  }

  // MARK: Rows

  /// Everything left of the time tells rows apart.
  private mutating func checkUnique(_ row: KernelRow, line: Int, _ seen: inout [KernelRow: Int]) {
    var kernel = row
    kernel.time = .zero
    (kernel.spread, kernel.repeats, kernel.alone) = (nil, nil, nil)
    if let first = seen.updateValue(line, forKey: kernel) {
      add(line, "", "found the kernel of line \(first) again", "keep one of the two")
    }
  }

  private func cell(_ row: KernelTableCells.Row, _ column: String) -> Substring? {
    guard let index = place[column], index < row.cells.count, !row.cells[index].isEmpty else { return nil }
    return row.cells[index]
  }

  private mutating func row(_ row: KernelTableCells.Row) -> KernelRow? {
    let before = problems.count
    guard row.cells.count == cells.columns.count else {
      add(row.line, "", "found \(row.cells.count) cells", "expected \(cells.columns.count), one for each column")
      return nil
    }
    guard let kind = choice(row, "kind", KernelRow.Kind.self), let time = self.time(row, "time_us") else {
      if problems.count == before { add(row.line, "", "found no kind or no time_us", "expected both") }
      return nil
    }
    var read = KernelRow(kind: kind, operation: cell(row, "op").map { String($0) } ?? "", time: time)
    read.pass = choice(row, "pass", KernelPass.self)
    read.format = choice(row, "format", NumberFormat.self)
    read.layout = cell(row, "layout").map { String($0) } ?? ""
    readSizes(row, &read)
    read.spread = number(row, "spread")
    read.repeats = whole(row, "repeats").map { Int($0) }
    read.alone = self.time(row, "alone_us", isRequired: false)
    if problems.count == before { checkSizes(row, read) }
    return problems.count == before ? read : nil
  }

  private mutating func readSizes(_ row: KernelTableCells.Row, _ read: inout KernelRow) {
    func int(_ value: Int64?) -> Int? { value.map { Int($0) } }
    read.batch = int(whole(row, "batch"))
    (read.m, read.n, read.k) = (int(whole(row, "m")), int(whole(row, "n")), int(whole(row, "k")))
    (read.heads, read.keyValueHeads) = (int(whole(row, "heads")), int(whole(row, "kv_heads")))
    (read.queries, read.keys) = (int(whole(row, "queries")), int(whole(row, "keys")))
    read.headDimension = int(whole(row, "head_dim"))
    read.isCausal = whole(row, "causal", in: 0...1).map { $0 == 1 }
    (read.rows, read.width) = (int(whole(row, "rows")), int(whole(row, "width")))
    read.bytes = whole(row, "bytes")
  }

  /// A kernel that can be priced needs all of its sizes.
  private mutating func checkSizes(_ row: KernelTableCells.Row, _ read: KernelRow) {
    let needed: [(String, Bool)] =
      switch read.kind {
      case .gemm, .groupedGEMM:
        [("format", read.format != nil), ("m", read.m != nil), ("n", read.n != nil), ("k", read.k != nil)]
      case .attention:
        [
          ("format", read.format != nil), ("heads", read.heads != nil), ("queries", read.queries != nil),
          ("keys", read.keys != nil), ("head_dim", read.headDimension != nil),
        ]
      case .elementwise: [("format", read.format != nil), ("bytes", read.bytes != nil)]
      case .copy: [("bytes", read.bytes != nil)]
      case .launch, .overlap: []
      }
    for (column, isThere) in needed where !isThere {
      add(row.line, column, "found an empty cell", "a row of kind \(read.kind.rawValue) needs it")
    }
    guard read.kind == .elementwise, MemoryOperator(rawValue: read.operation) == nil else { return }
    let words = MemoryOperator.allCases.map(\.rawValue)
    add(
      row.line, "op", "found \(read.operation)", "expected \(ProblemLog.list(words))",
      Spelling.nearest(to: read.operation, among: words))
  }

  // MARK: Cells

  private mutating func choice<Word: RawRepresentable & CaseIterable>(
    _ row: KernelTableCells.Row, _ column: String, _: Word.Type
  ) -> Word? where Word.RawValue == String {
    guard let text = cell(row, column) else { return nil }
    if let word = Word(rawValue: String(text)) { return word }
    let words = Word.allCases.map(\.rawValue)
    add(
      row.line, column, "found \(text.prefix(40))", "expected \(ProblemLog.list(words))",
      Spelling.nearest(to: String(text), among: words))
    return nil
  }

  private mutating func whole(
    _ row: KernelTableCells.Row, _ column: String, in range: ClosedRange<Int64> = 1...(1 << 50)
  ) -> Int64? {
    guard let text = cell(row, column) else { return nil }
    if let value = Int64(text), range.contains(value) { return value }
    add(
      row.line, column, "found \(text.prefix(40))",
      "expected a whole number from \(range.lowerBound) to \(range.upperBound)")
    return nil
  }

  private mutating func number(_ row: KernelTableCells.Row, _ column: String) -> Double? {
    guard let text = cell(row, column) else { return nil }
    if let value = Double(text), value.isFinite, value >= 0 { return value }
    add(row.line, column, "found \(text.prefix(40))", "expected a number of at least 0")
    return nil
  }

  /// A time in microseconds: from a nanosecond to a day, which catches files in other units.
  private mutating func time(_ row: KernelTableCells.Row, _ column: String, isRequired: Bool = true) -> Seconds? {
    guard let text = cell(row, column) else {
      if isRequired { add(row.line, column, "found an empty cell", "expected microseconds") }
      return nil
    }
    if let value = Double(text), value >= 1e-3, value <= 8.64e10 { return .microseconds(value) }
    add(row.line, column, "found \(text.prefix(40))", "expected microseconds from 0.001 to 8.64e10")
    return nil
  }
}
