import Foundation

/// The rows of the shared table of published collective measurements.
struct MeasuredCollective {
  let system: String
  let ranks: Int
  let operation: String
  let bytes: Double
  /// GB/s by the convention of nccl-tests.
  let busBandwidth: Double
  let note: String

  /// Where the table lies beside the checkout; `nil` without it.
  static let path: String? = {
    var folder = URL(fileURLWithPath: #filePath)
    while folder.path != "/" {
      folder.deleteLastPathComponent()
      let file = folder.appendingPathComponent("shared/data/measured/comm_collectives.csv").path
      if FileManager.default.fileExists(atPath: file) { return file }
    }
    return nil
  }()

  /// Every row that has a size and a bandwidth.
  static func load() throws -> [MeasuredCollective] {
    guard let path else { return [] }
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline)
    let header = cells(lines.first ?? "")
    return lines.dropFirst().compactMap { line in
      let cells = cells(line)
      func cell(_ name: String) -> String? {
        header.firstIndex(of: name).flatMap { cells.indices.contains($0) ? cells[$0] : nil }
      }
      guard let bytes = cell("size_B").flatMap(Double.init), let rate = cell("busbw_GBps").flatMap(Double.init),
        let ranks = cell("n_gpus").flatMap(Int.init), let system = cell("system"), let name = cell("collective")
      else { return nil }
      return MeasuredCollective(
        system: system, ranks: ranks, operation: name, bytes: bytes, busBandwidth: rate, note: cell("note") ?? "")
    }
  }

  private static func cells(_ line: Substring) -> [String] {
    var cells = [""]
    var isQuoted = false
    for character in line {
      if character == "\"" {
        isQuoted.toggle()
      } else if character == ",", !isQuoted {
        cells.append("")
      } else {
        cells[cells.count - 1].append(character)
      }
    }
    return cells
  }
}
