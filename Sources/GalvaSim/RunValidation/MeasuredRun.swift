import ScenarioIO

/// One row of a table of measured training runs: cells by column name.
struct MeasuredRun {
  /// The table.
  let file: CommaSeparatedFile
  /// Data row, counted from 0.
  let row: Int

  /// The row's name; rows without one are called by their number.
  var id: String { file.cell(row, "id") ?? "row \(row + 1)" }
  /// A cell; empty when it is missing.
  func text(_ column: String) -> String { file.cell(row, column) ?? "" }
  /// A cell in lower case.
  func words(_ column: String) -> String { text(column).lowercased() }
  /// A cell as a whole number above zero.
  func count(_ column: String) -> Int? { file.count(row, column) }
  /// A cell as a finite number.
  func number(_ column: String) -> Double? { file.number(row, column) }

  /// Seconds of an iteration as the row states them; `nil` when it does not.
  var statedTime: Double? { number("measured_iter_time_s").flatMap { $0 > 0 ? $0 : nil } }
  /// Peak memory in the unit of ``MemoryMetric``; `nil` when the row has none.
  var statedMemory: Double? { number("measured_peak_mem_GB").flatMap { $0 > 0 ? $0 : nil } }

  /// What came of the run.
  var outcome: Outcome {
    let status = words("status")
    if status.contains("oom") { return status.contains("failed") ? .failed : .outOfMemory }
    if status.isEmpty || status == "ok" { return .ran }
    return .failed
  }

  /// What came of a measured run.
  enum Outcome: String {
    /// It ran.
    case ran = "ok"
    /// It ran out of memory.
    case outOfMemory = "out_of_memory"
    /// It failed for another reason, or for one the row does not tell.
    case failed
  }

  /// Whether the row belongs to the half that constants may be fitted on: the lowest bit of a fixed hash of its id
  /// (64-bit FNV-1a, then the finishing multiplication of MurmurHash3) is zero.
  var isCalibration: Bool { Self.hash(id) & 1 == 0 }

  /// Whether the row is in a sample of about one in `size`, of both halves.
  func isIn(sample size: Int) -> Bool { (Self.hash(id) >> 1) % UInt64(max(1, size)) == 0 }

  /// The hash.
  static func hash(_ text: String) -> UInt64 {
    var value: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
    value = (value ^ (value >> 33)) &* 0xff51_afd7_ed55_8ccd
    return value ^ (value >> 33)
  }
}
