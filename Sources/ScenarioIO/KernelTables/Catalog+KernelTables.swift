import Costing
import Hardware

extension Catalog {
  private static let kernelFolder = "kernels/"

  /// Names of the kernel tables, sorted.
  public var kernelTableNames: [String] { kernelTableTexts.map(\.name) }

  private var kernelTableTexts: [(name: String, text: String)] {
    files.filter { $0.path.hasPrefix(Self.kernelFolder) && $0.path.hasSuffix(".csv") }.map { file in
      (String(file.path.dropFirst(Self.kernelFolder.count).dropLast(4)), file.text)
    }
  }

  /// A kernel table.
  ///
  /// - Throws: ``InputError``: no such name, with the nearest one; or everything wrong with the file.
  public func kernelTable(named name: String) throws(InputError) -> KernelTable {
    guard let found = kernelTableTexts.first(where: { $0.name == name }) else {
      let problem = InputProblem(
        file: "catalog", message: "no kernel table is called \"\(name)\"",
        advice: "see `galvasim catalog list kernel-table`",
        suggestion: Spelling.nearest(to: name, among: kernelTableNames))
      throw InputError(kind: .badInput, problems: [problem])
    }
    return try KernelTableFile.parse(found.text, file: "catalogue/kernels/\(name).csv")
  }

  /// The best table of a device: measured before imported, published and derived ones; `nil` when there is none.
  ///
  /// - Throws: ``InputError`` for a table that cannot be read.
  public func kernelTable(for device: DeviceSpec) throws(InputError) -> KernelTable? {
    let candidates = kernelTableTexts.compactMap { file -> (rank: Int, name: String)? in
      let head = KernelTableText.cells(String(decoding: file.text.utf8.prefix(4096), as: UTF8.self), file: file.name)
        .header
      guard head.contains(where: { $0.key == "device" && $0.value == device.name }) else { return nil }
      let origin = head.first { $0.key == "provenance" }?.value ?? ""
      return (KernelTable.Origin.allCases.firstIndex { $0.rawValue == origin } ?? .max, file.name)
    }
    guard let best = candidates.min(by: { ($0.rank, $0.name) < ($1.rank, $1.name) }) else { return nil }
    return try kernelTable(named: best.name)
  }
}
