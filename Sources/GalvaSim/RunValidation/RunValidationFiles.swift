import Export

extension RunValidation {
  /// Writes the predictions beside the measurements, as CSV.
  ///
  /// - Throws: ``ExportError``; nothing is left under the name then.
  public func writeTable(to path: String) throws(ExportError) { try TextFile.write(table, to: path) }

  /// Writes the picture of predicted against measured times, as SVG.
  ///
  /// - Throws: ``ExportError``; nothing is left under the name then.
  public func writeScatter(to path: String) throws(ExportError) {
    try TextFile.write(ScatterPicture(rows).text, to: path)
  }

  private var table: String {
    let header =
      "id,source,gpu,plan,half,measured_iter_time_s,predicted_iter_time_s,time_error,measured_peak_mem_GB,"
      + "predicted_peak_mem_GB,memory_error,measured_status,predicted_verdict,skipped_reason,assumptions"
    return ([header] + rows.map(Self.line)).joined(separator: "\n") + "\n"
  }

  private static func line(_ row: Row) -> String {
    func number(_ value: Double?) -> String { value.map { Readable.fixed($0, 6) } ?? "" }
    let numbers = [
      row.measuredTime, row.predictedTime, row.timeError, row.measuredMemory, row.predictedMemory, row.memoryError,
    ]
    let cells =
      [row.id, row.source, row.gpu, row.plan, row.isCalibration ? "calibration" : "reported"] + numbers.map(number)
      + [
        row.measuredStatus, row.predictedVerdict ?? "", row.skippedReason ?? "",
        row.assumptions.joined(separator: "; "),
      ]
    return cells.map(DataTable.quoted).joined(separator: ",")
  }
}
