import Costing
import HDF5IO

/// The HDF5 form of kernel tables: attributes of the root are the header, `/kernels` holds one list for each column.
enum KernelTableHDF5 {
  private static let group = "kernels"

  /// Reads a file into cells; rows are numbered from 1.
  static func cells(path: String) throws(HDF5Error) -> KernelTableCells {
    let file = try HDF5File.open(path)
    var cells = KernelTableCells(file: path)
    for key in try file.root.attributeNames() {
      guard let value = try file.root.attribute(key).flatMap(text) else { continue }
      cells.header.append(KernelTableCells.Entry(key: key, value: value, line: 0))
    }
    let kernels = try file.root.group(group)
    var lists: [[String]] = []
    for name in try kernels.children() {
      cells.columns.append(name)
      lists.append(try column(name, kernels))
    }
    let count = lists.map(\.count).max() ?? 0
    for row in 0..<count {
      let texts = lists.compactMap { row < $0.count ? Substring($0[row]) : nil }
      cells.rows.append(KernelTableCells.Row(line: row + 1, cells: texts))
    }
    return cells
  }

  private static func column(_ name: String, _ kernels: borrowing HDF5Group) throws(HDF5Error) -> [String] {
    let dataset = try kernels.dataset(name)
    if KernelTableColumns.isText(name) { return try dataset.readTexts() }
    if KernelTableColumns.isWhole(name) {
      return try dataset.read(Int64.self).map { $0 < 0 ? "" : String($0) }
    }
    return try dataset.read(Double.self).map { $0.isNaN ? "" : "\($0)" }
  }

  private static func text(_ attribute: HDF5Attribute) -> String? {
    switch attribute {
    case .text(let text): text
    case .integer(let number): "\(number)"
    case .real(let number): number == number.rounded() && abs(number) < 1e15 ? "\(Int64(number))" : "\(number)"
    case .texts, .integers, .bytes, .reals: nil
    }
  }

  /// Writes a table.
  static func write(_ table: KernelTable, to path: String) throws(HDF5Error) {
    let file = try HDF5File.create(path)
    for note in KernelTableText.header(table) {
      let value: HDF5Attribute =
        note.key == "multiprocessors" ? Int64(note.value).map { .integer($0) } ?? .text(note.value) : .text(note.value)
      try file.root.setAttribute(note.key, value)
    }
    do {
      let kernels = try file.root.createGroup(group)
      for name in KernelTableColumns.all { try write(name, table, kernels) }
    }
    try file.close()
  }

  private static func write(
    _ name: String, _ table: KernelTable, _ kernels: borrowing HDF5Group
  ) throws(HDF5Error) {
    let cells = table.rows.map { KernelTableText.cell($0, name) }
    let storage = HDF5Storage(chunkRows: 4096)
    if KernelTableColumns.isText(name) {
      _ = try kernels.writeTexts(name, cells)
    } else if KernelTableColumns.isWhole(name) {
      try kernels.writeArray(name, cells.map { Int64($0) ?? -1 }, storage: storage)
    } else {
      try kernels.writeArray(name, cells.map { Double($0) ?? .nan }, storage: storage)
    }
  }
}
