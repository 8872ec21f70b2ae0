import HDF5IO

/// What a column of a table holds, before any row exists.
package struct ColumnDescription: Hashable, Sendable {
  /// How each value is stored.
  package enum Kind: Hashable, Sendable {
    case int64
    case int32
    case uint16
    case uint8
    case float64
    /// Values of the enumeration at this absolute path of the file.
    case enumeration(String)
  }

  /// The dataset's name.
  package let name: String
  /// How each value is stored.
  package let kind: Kind
  /// Unit in the spelling of UDUNITS, such as `ns` or `byte`.
  package let units: String?
  /// One line for axis labels.
  package let longName: String
  /// What a reader must know, such as the meaning of -1.
  package let comment: String?
  /// Absolute path of the list of texts that the values index.
  package let dictionary: String?

  /// Describes a column.
  package init(
    _ name: String, _ kind: Kind, units: String? = nil, longName: String, comment: String? = nil,
    dictionary: String? = nil
  ) {
    self.name = name
    self.kind = kind
    self.units = units
    self.longName = longName
    self.comment = comment
    self.dictionary = dictionary
  }
}

/// The values of some rows of one column.
package enum ColumnValues: Hashable, Sendable {
  case int64([Int64])
  case int32([Int32])
  case uint16([UInt16])
  /// Plain bytes, or values of an enumeration.
  case uint8([UInt8])
  case float64([Double])

  /// Rows.
  package var count: Int {
    switch self {
    case .int64(let values): values.count
    case .int32(let values): values.count
    case .uint16(let values): values.count
    case .uint8(let values): values.count
    case .float64(let values): values.count
    }
  }
}

/// A group whose datasets are the columns of one table, with a common dimension that counts the rows.
///
/// The dimension is a column of its own, 0, 1, 2, ..., so that every reader knows the rows by name.
package struct ColumnTable: ~Copyable {
  /// Rows appended so far.
  package private(set) var rowCount = 0
  private let columns: [any OpenColumn]
  private let index: TypedColumn<Int64>

  /// Creates the group and its empty columns.
  ///
  /// - Parameters:
  ///   - path: Absolute path of the group; its parent must exist.
  ///   - root: Top of the file.
  ///   - dimension: Name of the column that counts the rows.
  ///   - descriptions: The columns, in the order in which readers list them.
  ///   - storage: Chunks and compression.
  ///   - scales: Learns the dimension of every column.
  /// - Throws: ``HDF5Error`` when a name is taken or an enumeration is missing.
  package init(
    _ path: String, in root: borrowing HDF5Group, dimension: String, columns descriptions: [ColumnDescription],
    storage: HDF5Storage = HDF5Storage(), scales: inout HDF5DimensionScales
  ) throws(HDF5Error) {
    let group = try root.createGroup(path)
    let scale = path + "/" + dimension
    let index = TypedColumn(try group.createColumn(dimension, of: Int64.self, storage: storage))
    try index.column.setAttribute("long_name", .text("row number"))
    scales.declare(scale)
    var columns: [any OpenColumn] = []
    for description in descriptions {
      columns.append(try Self.open(description, in: group, root, storage))
      scales.attach([scale], to: path + "/" + description.name)
    }
    self.columns = columns
    self.index = index
  }

  /// Adds rows to every column.
  ///
  /// - Precondition: One entry per column, in their order, of their kind, all of the same length.
  package mutating func append(_ batch: [ColumnValues]) throws(HDF5Error) {
    precondition(batch.count == columns.count, "one entry per column")
    let rows = batch.first?.count ?? 0
    precondition(batch.allSatisfy { $0.count == rows }, "columns of one length")
    for (column, values) in zip(columns, batch) { try column.append(values) }
    try index.append(.int64((rowCount..<(rowCount + rows)).map { Int64($0) }))
    rowCount += rows
  }

  /// Writes the unfinished chunks too; more rows may follow.
  package mutating func flush() throws(HDF5Error) {
    for column in columns { try column.flush() }
    try index.flush()
  }

  private static func open(
    _ description: ColumnDescription, in group: borrowing HDF5Group, _ root: borrowing HDF5Group,
    _ storage: HDF5Storage
  ) throws(HDF5Error) -> any OpenColumn {
    let name = description.name
    switch description.kind {
    case .int64: return try TypedColumn<Int64>(group.createColumn(name, storage: storage), description)
    case .int32: return try TypedColumn<Int32>(group.createColumn(name, storage: storage), description)
    case .uint16: return try TypedColumn<UInt16>(group.createColumn(name, storage: storage), description)
    case .uint8: return try TypedColumn<UInt8>(group.createColumn(name, storage: storage), description)
    case .float64: return try TypedColumn<Double>(group.createColumn(name, storage: storage), description)
    case .enumeration(let path):
      let enumeration = try root.enumeration(path)
      return try TypedColumn<UInt8>(group.createColumn(name, of: enumeration, storage: storage), description)
    }
  }
}

/// A column whose number type is settled: called once per batch, never per row.
private protocol OpenColumn: AnyObject {
  func append(_ values: ColumnValues) throws(HDF5Error)
  func flush() throws(HDF5Error)
}

private final class TypedColumn<Element: HDF5Scalar>: OpenColumn {
  var column: HDF5Column<Element>

  init(_ column: consuming HDF5Column<Element>) { self.column = column }

  convenience init(_ column: consuming HDF5Column<Element>, _ description: ColumnDescription) throws(HDF5Error) {
    try column.setAttribute("long_name", .text(description.longName))
    if let units = description.units { try column.setAttribute("units", .text(units)) }
    if let comment = description.comment { try column.setAttribute("comment", .text(comment)) }
    if let dictionary = description.dictionary { try column.setAttribute("dictionary", .text(dictionary)) }
    self.init(column)
  }

  func append(_ values: ColumnValues) throws(HDF5Error) {
    let matching: [Element]? =
      switch values {
      case .int64(let values): values as? [Element]
      case .int32(let values): values as? [Element]
      case .uint16(let values): values as? [Element]
      case .uint8(let values): values as? [Element]
      case .float64(let values): values as? [Element]
      }
    guard let matching else { preconditionFailure("values of the column's kind") }
    try column.append(contentsOf: matching)
  }

  func flush() throws(HDF5Error) { try column.flush() }
}
