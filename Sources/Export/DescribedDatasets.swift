import HDF5IO

/// What every dataset of a result file says about itself.
struct DatasetNote {
  /// One line for axis labels.
  let longName: String
  /// Unit in the spelling of UDUNITS.
  var units: String?
  /// What a reader must know.
  var comment: String?

  /// Describes a dataset.
  init(_ longName: String, units: String? = nil, comment: String? = nil) {
    self.longName = longName
    self.units = units
    self.comment = comment
  }

  /// Writes the attributes.
  func write<Object: HDF5Object & ~Copyable>(to object: borrowing Object) throws(HDF5Error) {
    try object.setAttribute("long_name", .text(longName))
    if let units { try object.setAttribute("units", .text(units)) }
    if let comment { try object.setAttribute("comment", .text(comment)) }
  }
}

/// The axes that several groups share: scales at the top of the file.
enum TraceAxis {
  static let rank = "/rank"
  static let stage = "/stage"
  static let layer = "/layer"
  static let category = "/memory_category"
  static let stream = "/stream"
  static let communication = "/communication_kind"
}

extension HDF5Group {
  /// Absolute path of a child.
  func path(of name: String) -> String { location.object == "/" ? "/" + name : location.object + "/" + name }

  /// Writes numbers along one axis.
  func write<Element: HDF5Scalar>(
    _ name: String, _ values: [Element], along axis: String, _ note: DatasetNote, _ scales: inout HDF5DimensionScales
  ) throws(HDF5Error) {
    let dataset = try writeArray(name, values)
    try note.write(to: dataset)
    scales.attach([axis], to: path(of: name))
  }

  /// Writes a table of numbers along two axes, row after row.
  func write<Element: HDF5Scalar>(
    _ name: String, _ values: [Element], rows: Int, along axes: [String], storage: HDF5Storage? = nil,
    _ note: DatasetNote, _ scales: inout HDF5DimensionScales
  ) throws(HDF5Error) {
    let columns = rows == 0 ? 0 : values.count / rows
    let dataset = try writeMatrix(name, values, rows: rows, columns: columns, storage: storage)
    try note.write(to: dataset)
    scales.attach(axes, to: path(of: name))
  }

  /// Writes texts along an axis.
  func write(
    _ name: String, _ texts: [String], along axis: String, _ note: DatasetNote, _ scales: inout HDF5DimensionScales
  ) throws(HDF5Error) {
    let dataset = try writeTexts(name, texts)
    try note.write(to: dataset)
    scales.attach([axis], to: path(of: name))
  }

  /// Writes an axis: one number per place.
  func writeAxis<Element: HDF5Scalar>(
    _ name: String, _ values: [Element], _ note: DatasetNote, _ scales: inout HDF5DimensionScales
  ) throws(HDF5Error) {
    let dataset = try writeArray(name, values)
    try note.write(to: dataset)
    scales.declare(path(of: name))
  }

  /// Writes an axis: one name per place.
  func writeAxis(
    _ name: String, _ names: [String], _ note: DatasetNote, _ scales: inout HDF5DimensionScales
  ) throws(HDF5Error) {
    let dataset = try writeTexts(name, names)
    try note.write(to: dataset)
    scales.declare(path(of: name))
  }

  /// Writes one number.
  func write<Element: HDF5Scalar>(_ name: String, _ value: Element, _ note: DatasetNote) throws(HDF5Error) {
    try writeScalar(name, value)
    try note.write(to: dataset(name))
  }

  /// Writes one text.
  func write(_ name: String, _ text: String, _ note: DatasetNote) throws(HDF5Error) {
    let dataset = try writeText(name, text)
    try note.write(to: dataset)
  }
}
