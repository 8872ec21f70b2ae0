import Costing
import Foundation
import HDF5IO

/// Reads and writes kernel tables (`Traces/kernels/NAME.csv`, or the same as HDF5).
public enum KernelTableFile {
  /// Reads a file; `.h5` and `.hdf5` are HDF5, everything else CSV.
  ///
  /// - Throws: ``InputError`` with every problem by line.
  public static func load(path: String) throws(InputError) -> KernelTable {
    guard isBinary(path) else { return try parse(FileText.load(path: path), file: path) }
    guard FileManager.default.fileExists(atPath: path) else {
      let problem = InputProblem(file: path, message: "no such file", advice: "check the path")
      throw InputError(kind: .missing, problems: [problem])
    }
    let cells: KernelTableCells
    do throws(HDF5Error) {
      cells = try KernelTableHDF5.cells(path: path)
    } catch {
      let problem = InputProblem(
        file: path, message: "\(error.operation): \(error.reason)", advice: "expected a kernel table as HDF5")
      throw InputError(kind: .badInput, problems: [problem])
    }
    return try KernelTableReader.table(cells)
  }

  /// Reads the CSV form.
  ///
  /// - Throws: ``InputError`` with every problem by line.
  public static func parse(_ text: String, file: String) throws(InputError) -> KernelTable {
    try KernelTableReader.table(KernelTableText.cells(text, file: file))
  }

  /// The CSV form.
  public static func text(_ table: KernelTable) -> String { KernelTableText.text(table) }

  /// Writes the HDF5 form; the file appears under its name when it is complete.
  ///
  /// - Throws: ``HDF5Error``.
  public static func writeBinary(_ table: KernelTable, to path: String) throws(HDF5Error) {
    let part = path + ".part"
    defer { unlink(part) }
    try KernelTableHDF5.write(table, to: part)
    guard rename(part, path) == 0 else {
      throw HDF5Error(
        operation: "rename", path: path, reason: String(cString: strerror(errno)), systemError: errno)
    }
  }

  private static func isBinary(_ path: String) -> Bool {
    [".h5", ".hdf5"].contains { path.lowercased().hasSuffix($0) }
  }
}
