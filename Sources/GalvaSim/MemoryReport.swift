import ClusterSimulation
import Planning
import Quantities
import ScenarioIO

extension ScenarioRun {
  /// What fills the fullest rank, and when memory runs out: where, when, why, and what helps.
  var memoryLines: [String] {
    guard let fullest = result.stages.max(by: { $0.memory.bytes < $1.memory.bytes }) else { return [] }
    let capacity = result.setup.memoryCapacity
    let free = capacity.count - fullest.memory.bytes.count
    let verdict =
      free >= 0
      ? "\(Readable.gibibytes(free)) GiB free of \(Readable.gibibytes(capacity.count))"
      : "\(Readable.gibibytes(-free)) GiB too much for \(Readable.gibibytes(capacity.count))"
    var lines = ["memory of the fullest rank (stage \(fullest.stage)): \(verdict)"]
    for (category, bytes) in zip(MemoryCategory.allCases, fullest.memory.byCategory) where bytes > 0 {
      let share = Double(bytes) / Double(capacity.count)
      let bar = String(repeating: "#", count: min(60, Int((share * 40).rounded())))
      let name = category.name.padded(to: 13)
      lines.append("  \(name)  \(Readable.gibibytes(bytes).padded(to: 8, right: true)) GiB  \(bar)")
    }
    lines.append("  highest \(peakMoment(fullest.memory))")
    let report = result.allocatorReport(fullest)
    lines.append(
      "  the caching allocator holds \(Readable.gibibytes(report.reservedPeak)) GiB for "
        + "\(Readable.gibibytes(report.allocatedPeak)) GiB of tensors (\(Readable.percent(report.fragmentation)) "
        + "fragments and cache)" + (report.flushes > 0 ? ", \(report.flushes) times emptied to make room" : ""))
    if let failure = result.outOfMemory { lines += failureLines(failure) }
    return lines
  }

  private func peakMoment(_ peak: MemoryPeak) -> String {
    guard peak.row >= 0 else { return "from the start: resident model states" }
    let task = result.trace.task(row: peak.row)
    let microBatch = task.microBatch >= 0 ? ", micro-batch \(task.microBatch)" : ""
    return
      "at \(Readable.time(peak.time.seconds.value)): \(task.info.kind.name) of layer \(task.info.layer)\(microBatch)"
  }

  private func failureLines(_ failure: OutOfMemory) -> [String] {
    var lines = [
      "",
      "out of memory on rank \(failure.rank) (stage \(failure.stage)) at \(Readable.time(failure.time.seconds.value)):",
      "  \(failure.task) asks for \(Readable.gibibytes(failure.requested.count)) GiB",
    ]
    if let need = statesAlone(stage: failure.stage), need > result.setup.memoryCapacity.count {
      lines.append("  model states and context alone need \(Readable.gibibytes(need)) GiB")
    }
    let held = zip(MemoryCategory.allCases, failure.heldByCategory).filter { $1 > 0 }.sorted { $0.1 > $1.1 }
    lines.append(
      "  held then: " + held.map { "\($0.name) \(Readable.gibibytes($1)) GiB" }.joined(separator: ", "))
    if fixes.isEmpty {
      lines.append("  no change or combination of changes that was tried makes it fit")
    } else {
      lines.append("what makes it fit (each was simulated):")
      lines += fixes.map { fix in
        let settings = fix.settings.map { "--set \($0)" }.joined(separator: " ")
        return "  \(fix.summary): \(Readable.gibibytes(fix.peakMemory.count)) GiB, "
          + "\(Readable.time(fix.iterationTime.seconds.value))" + (settings.isEmpty ? "" : "   \(settings)")
      }
    }
    return lines
  }

  /// Bytes a stage holds throughout, whatever the micro-batches do.
  private func statesAlone(stage: Int) -> Int64? {
    let programs = result.trace.programs.programs.filter { $0.stage == stage }
    return programs.map { $0.resident.reduce(0) { $0 + $1.bytes.count } }.max()
  }

  /// What the user should know about the answer.
  var noteLines: [String] { warnings.isEmpty ? [] : ["", "notes:"] + warnings.map { "  - \($0)" } }
}

extension String {
  /// Filled with spaces to a width.
  func padded(to width: Int, right: Bool = false) -> String {
    let padding = String(repeating: " ", count: max(0, width - count))
    return right ? padding + self : self + padding
  }
}
