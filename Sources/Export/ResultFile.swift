import HDF5IO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The rows of a sweep as one HDF5 file.
///
/// `/points` holds a dataset for each column, `/points/point` numbers the rows as the sweep does, `/spec` is what was
/// asked, as JSON. Equal content gives equal bytes.
public struct ResultFile: Hashable, Sendable {
  /// Name for people.
  public let title: String
  /// Version of the program that computed the rows.
  public let toolVersion: String
  /// What was asked, as JSON.
  public let spec: String
  /// Points of the whole sweep.
  public let pointCount: Int
  /// Places of the rows in the sweep, ascending.
  public let points: [Int64]
  /// The rows.
  public let table: DataTable

  /// Version of the layout; the first number changes when a reader must.
  static let schemaVersion = "1.0.0"
  private static let format = "galvasim-Sweep-1.0"
  private static let group = "/points"

  /// What tells sweeps apart: a digest of what was asked and of the program's version.
  public var fingerprint: String { Self.fingerprint(spec: spec, toolVersion: toolVersion) }

  /// Puts a file together.
  ///
  /// - Precondition: One row of the table for each point.
  public init(
    title: String, toolVersion: String, spec: String, pointCount: Int, points: [Int64], table: DataTable
  ) {
    precondition(table.rowCount == points.count, "a row for each point")
    self.title = title
    self.toolVersion = toolVersion
    self.spec = spec
    self.pointCount = pointCount
    self.points = points
    self.table = table
  }

  /// A digest of what was asked and of the program's version, as 64 hexadecimal digits.
  public static func fingerprint(spec: String, toolVersion: String) -> String {
    SHA256.hexadecimal(of: toolVersion + "\n" + spec)
  }

  /// Writes the file.
  ///
  /// - Throws: ``ExportError``; an older file of the name stays then.
  public func write(to path: String) throws(ExportError) {
    try AtomicFile.writeHDF5(to: path) { file throws(HDF5Error) in
      let attributes = [
        ("Conventions", Self.format), ("schema_version", Self.schemaVersion), ("title", title),
        ("source", "galvasim " + toolVersion), ("tool_version", toolVersion), ("spec_sha256", fingerprint),
      ]
      for (name, text) in attributes { try file.root.setAttribute(name, .text(text)) }
      try file.root.setAttribute("point_count", .integer(Int64(pointCount)))
      try file.root.write("spec", spec, DatasetNote("what was asked, as JSON"))
      try writeRows(into: file.root)
    }
  }

  private func writeRows(into root: borrowing HDF5Group) throws(HDF5Error) {
    var scales = HDF5DimensionScales()
    let group = try root.createGroup("points")
    try group.writeAxis("point", points, DatasetNote("place in the sweep, the last axis fastest"), &scales)
    let axis = Self.group + "/point"
    for column in table.columns {
      switch column.values {
      case .texts(let texts):
        try group.write(column.name, texts, along: axis, DatasetNote(column.longName), &scales)
      case .integers(let values):
        let note = DatasetNote(column.longName, units: column.units, comment: "-1: none")
        try group.write(column.name, values.map { $0 ?? -1 }, along: axis, note, &scales)
      case .reals(let values):
        let note = DatasetNote(column.longName, units: column.units, comment: "NaN: none")
        try group.write(column.name, values.map { $0 ?? .nan }, along: axis, note, &scales)
      }
    }
    try scales.write(into: root)
  }

  /// Reads a file that ``write(to:)`` wrote.
  ///
  /// - Throws: ``ResultFileError``.
  public static func read(_ path: String) throws(ResultFileError) -> ResultFile {
    do throws(HDF5Error) {
      let file = try HDF5File.open(path)
      guard try file.root.attribute("Conventions") == .text(format) else {
        throw HDF5Error(operation: "read", path: path, reason: "it holds no sweep")
      }
      let group = try file.root.group(Self.group)
      var columns: [DataTable.Column] = []
      for name in try group.children() where name != "point" { columns.append(try column(name, group)) }
      let points = try group.dataset("point").read(Int64.self)
      guard case .integer(let count) = try file.root.attribute("point_count"), let pointCount = Int(exactly: count),
        zip(points, points.dropFirst()).allSatisfy({ $0 < $1 }), (points.first ?? 0) >= 0, (points.last ?? 0) < count
      else { throw HDF5Error(operation: "read", path: path, reason: "its points are no part of a sweep") }
      guard columns.allSatisfy({ $0.values.count == points.count }) else {
        throw HDF5Error(operation: "read", path: path, reason: "its columns differ in length")
      }
      return ResultFile(
        title: try text("title", file.root), toolVersion: try text("tool_version", file.root),
        spec: try file.root.dataset("spec").readText(), pointCount: pointCount, points: points,
        table: DataTable(columns: columns))
    } catch { throw ResultFileError(path: path, reason: error.reason, isMissing: error.systemError == ENOENT) }
  }

  private static func text(_ name: String, _ root: borrowing HDF5Group) throws(HDF5Error) -> String {
    if case .text(let text) = try root.attribute(name) { text } else { "" }
  }

  private static func column(_ name: String, _ group: borrowing HDF5Group) throws(HDF5Error) -> DataTable.Column {
    let dataset = try group.dataset(name)
    let values: DataTable.Values =
      switch try dataset.scalarKind() {
      case .int64: .integers(try dataset.read(Int64.self).map { $0 == -1 ? nil : $0 })
      case .float64: .reals(try dataset.read(Double.self).map { $0.isNaN ? nil : $0 })
      default: .texts(try dataset.readTexts())
      }
    var texts: [String: String] = [:]
    for name in ["long_name", "units"] {
      if case .text(let text) = try dataset.attribute(name) { texts[name] = text }
    }
    return DataTable.Column(name, values, units: texts["units"], longName: texts["long_name"] ?? name)
  }
}

/// A file of results that cannot be read.
public struct ResultFileError: Error, Hashable, Sendable {
  /// The file.
  public let path: String
  /// Why.
  public let reason: String
  /// Whether there is no such file.
  public let isMissing: Bool
}
