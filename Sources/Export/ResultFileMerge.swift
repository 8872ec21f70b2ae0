extension ResultFile {
  /// Why files of results cannot be put together.
  public enum MergeError: Error, Hashable, Sendable {
    /// The file at this place belongs to another sweep, or to another version of the program.
    case otherSweep(Int)
    /// The file at this place has another result for a point than an earlier file.
    case contradiction(Int, point: Int64)
  }

  /// The rows of all files, each point once.
  ///
  /// - Precondition: At least one file.
  /// - Throws: ``MergeError`` for the first file that does not go with those before it.
  public static func merged(_ files: [ResultFile]) throws(MergeError) -> ResultFile {
    precondition(!files.isEmpty, "there is something to merge")
    let first = files[0]
    var rows: [(point: Int64, file: Int, row: Int)] = []
    for (index, file) in files.enumerated() {
      guard file.fingerprint == first.fingerprint, file.pointCount == first.pointCount,
        file.table.hasColumns(of: first.table)
      else { throw .otherSweep(index) }
      rows += file.points.enumerated().map { ($1, index, $0) }
    }
    rows.sort { ($0.point, $0.file) < ($1.point, $1.file) }
    var kept: [(point: Int64, file: Int, row: Int)] = []
    for row in rows {
      guard let last = kept.last, last.point == row.point else {
        kept.append(row)
        continue
      }
      let isSame = files[last.file].table.row(last.row) == files[row.file].table.row(row.row)
      guard isSame else { throw .contradiction(row.file, point: row.point) }
    }
    let columns = first.table.columns.indices.map { column in
      let parts = kept.map { files[$0.file].table.columns[column].values.element($0.row) }
      return first.table.columns[column].with(parts)
    }
    return ResultFile(
      title: first.title, toolVersion: first.toolVersion, spec: first.spec, pointCount: first.pointCount,
      points: kept.map(\.point), table: DataTable(columns: columns))
  }
}

extension DataTable {
  /// Whether another table has the same columns of the same kinds.
  fileprivate func hasColumns(of other: DataTable) -> Bool {
    columns.count == other.columns.count
      && zip(columns, other.columns).allSatisfy { $0.name == $1.name && $0.values.isLike($1.values) }
  }

  /// One row, as columns of one value.
  fileprivate func row(_ row: Int) -> [Values] { columns.map { $0.values.element(row) } }
}

extension DataTable.Values {
  fileprivate func isLike(_ other: Self) -> Bool {
    switch (self, other) {
    case (.texts, .texts), (.integers, .integers), (.reals, .reals): true
    default: false
    }
  }

  fileprivate var texts: [String] { if case .texts(let values) = self { values } else { [] } }
  fileprivate var integers: [Int64?] { if case .integers(let values) = self { values } else { [] } }
  fileprivate var reals: [Double?] { if case .reals(let values) = self { values } else { [] } }

  /// One value.
  fileprivate func element(_ row: Int) -> Self {
    switch self {
    case .texts(let values): .texts([values[row]])
    case .integers(let values): .integers([values[row]])
    case .reals(let values): .reals([values[row]])
    }
  }
}

extension DataTable.Column {
  /// The column with the values of some parts of its kind.
  fileprivate func with(_ parts: [DataTable.Values]) -> DataTable.Column {
    let joined: DataTable.Values =
      switch values {
      case .texts: .texts(parts.flatMap(\.texts))
      case .integers: .integers(parts.flatMap(\.integers))
      case .reals: .reals(parts.flatMap(\.reals))
      }
    return DataTable.Column(name, joined, units: units, longName: longName)
  }
}
