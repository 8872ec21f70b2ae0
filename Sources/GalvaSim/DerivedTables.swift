import Costing
import Hardware
import ScenarioIO

/// Kernel tables of devices nobody measured.
public enum DerivedTables {
  /// A table as CSV, from the constants of the device or from a table of another device.
  ///
  /// - Throws: ``InputError``: unknown device, or nothing known of its kernels.
  public static func text(device name: String, from path: String?, date: String) throws(InputError) -> String {
    let device = try Catalog.builtIn.device(named: name)
    let derivation = TableDerivation(device: device)
    if let path {
      let table = try KernelTableFile.load(path: path)
      guard let reference = table.device else {
        throw failure(path, "found no header line \"# device:\"", "say which GPU of the catalogue was timed")
      }
      return KernelTableFile.text(
        derivation.table(from: table, of: try Catalog.builtIn.device(named: reference), date: date))
    }
    guard let table = derivation.table(date: date) else {
      throw failure(name, "nothing is known of its kernels", "derive its table --from that of another GPU")
    }
    return KernelTableFile.text(table)
  }

  private static func failure(_ file: String, _ message: String, _ advice: String) -> InputError {
    InputError(kind: .badInput, problems: [InputProblem(file: file, message: message, advice: advice)])
  }
}
