import ScenarioIO

extension SweepRun {
  /// The report for people: tables of throughput, or a line for each point.
  public var text: String {
    let head = "\(spec.name): \(finished.count) of \(spec.pointCount) points, \(spec.task.rawValue)"
    let over = spec.reducedAxes.map { spec.axes[$0].name }.joined(separator: ", ")
    let reduction = over.isEmpty ? "" : "; the best over \(over)"
    let body = spec.table.map { pages(rows: $0.rows, columns: $0.columns) } ?? longTable
    return ([head + reduction, ""] + body + [""] + ending).joined(separator: "\n") + "\n"
  }

  /// How the points ended, and why some failed.
  private var ending: [String] {
    let counts =
      "\(count(.fits)) fit, \(count(.outOfMemory)) out of memory, \(count(.failed)) failed"
    let failures = finished.compactMap { results[$0] }.filter { $0.verdict == .failed }.gathered(by: \.reason)
    let shown = failures.prefix(8).map { "failed (\($0.members.count)): \($0.key)" }
    return [counts] + shown + (failures.count > 8 ? ["and \(failures.count - 8) other reasons"] : [])
  }

  /// A line for each point, or for the best of the reduced axes.
  private var longTable: [String] {
    let points = reduced.compactMap(\.best)
    var table = TextTable(
      spec.axes.map(\.name) + ["samples/s", "iteration", "peak GiB", "of GiB", "batch", "micro-batches", "plan"])
    for point in points {
      guard let result = results[point] else { continue }
      // Which of several plans does not fit says nothing.
      let isBest = result.verdict == .fits || spec.reducedAxes.isEmpty
      let labels = zip(spec.axes.indices, spec.coordinates(of: point)).map { axis, place in
        isBest || !spec.reducedAxes.contains(axis) ? spec.axes[axis].values[place].label : "-"
      }
      table.add(
        labels + [
          cell(point), result.iterationTime.map(Readable.time) ?? "-",
          isBest ? result.peakReserved.map(Readable.gibibytes) ?? "-" : "-",
          result.capacity.map(Readable.gibibytes) ?? "-",
          result.globalBatch.map(String.init) ?? "-",
          isBest ? result.microBatches.map(String.init) ?? "-" : "-", isBest ? result.planSummary : "-",
        ])
    }
    return table.lines
  }

  /// A point's throughput in a table.
  private func cell(_ point: Int?) -> String {
    guard let result = point.flatMap({ results[$0] }) else { return "-" }
    switch result.verdict {
    case .fits: return result.samplesPerSecond.map { Readable.fixed($0, 2) } ?? "-"
    case .outOfMemory: return "OOM"
    case .failed: return "failed"
    }
  }

  /// One table for each combination of the axes that are neither rows nor columns.
  private func pages(rows: Int, columns: Int) -> [String] {
    let kept = keptAxes
    let others = kept.filter { $0 != rows && $0 != columns }
    guard let row = kept.firstIndex(of: rows), let column = kept.firstIndex(of: columns) else { return longTable }
    let pages = reduced.gathered { point in
      others.compactMap { kept.firstIndex(of: $0) }.map { point.coordinates[$0] }
    }
    return pages.flatMap { page, points in
      let title = zip(others, page).map { "\(spec.axes[$0].name) \(spec.axes[$0].values[$1].label)" }
      return [(title + ["samples/s"]).joined(separator: ", ")]
        + pageLines(points, rows: (rows, row), columns: (columns, column)) + [""]
    }.dropLast()
  }

  /// The lines of one table; the highest throughput of each column is marked.
  private func pageLines(
    _ points: [ReducedPoint], rows: (axis: Int, place: Int), columns: (axis: Int, place: Int)
  ) -> [String] {
    let names = spec.axes[columns.axis].labels
    var best = [Double](repeating: 0, count: names.count)
    for point in points {
      let speed = point.best.flatMap { results[$0]?.samplesPerSecond } ?? 0
      best[point.coordinates[columns.place]] = max(best[point.coordinates[columns.place]], speed)
    }
    var table = TextTable([spec.axes[rows.axis].name] + names.map { $0 + " " })
    for (row, name) in spec.axes[rows.axis].labels.enumerated() {
      let cells = names.indices.map { column -> String in
        let point = points.first { $0.coordinates[rows.place] == row && $0.coordinates[columns.place] == column }?.best
        let isBest =
          point.flatMap { results[$0]?.samplesPerSecond } != nil && cell(point) == Readable.fixed(best[column], 2)
        return cell(point) + (isBest ? "*" : " ")
      }
      table.add([name] + cells)
    }
    return table.lines + (best.contains { $0 > 0 } ? ["* the fastest of its column"] : [])
  }
}
