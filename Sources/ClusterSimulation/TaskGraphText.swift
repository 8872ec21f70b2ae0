extension TaskGraph: CustomStringConvertible {
  /// One line per task, rank by rank in program order: row, rank, stream, what it does, and what it waits for; then one
  /// line per barrier.
  ///
  /// `7 rank 0 compute forward qkv_projection layer 1 micro-batch 0 lasts 5120 ns after 6, barrier 2`
  public var description: String {
    var lines: [String] = []
    lines.reserveCapacity(nodeCount)
    for rank in 0..<map.rankCount {
      for step in programs.steps[programs.stepRange(ofProgram: Int(map.programs[rank]))] {
        let firstRow = map.firstRows[rank] + Int(step.firstRow)
        for (index, operation) in programs.operationRange(ofTemplate: Int(step.template)).enumerated() {
          lines.append(line(row: firstRow + index, operation: operation, step: step, rank: rank))
        }
      }
    }
    for barrier in 0..<barrierCount {
      lines.append("barrier \(barrier)" + waits(ofNode: taskCount + barrier))
    }
    return lines.joined(separator: "\n")
  }

  private func line(row: Int, operation index: Int, step: ProgramStep, rank: Int) -> String {
    let info = programs.infos[index]
    let stream = StreamKind(rawValue: programs.operations[index].stream) ?? .compute
    let layer = info.layer >= 0 ? " layer \(info.layer)" : ""
    let microBatch = step.microBatch >= 0 ? " micro-batch \(step.microBatch)" : ""
    return "\(row) rank \(map.globalRanks[rank]) \(stream.name) \(info.kind.name) \(programs.names[Int(info.name)])"
      + "\(layer)\(microBatch) lasts \(durations[row]) ns" + waits(ofNode: row)
  }

  private func waits(ofNode node: Int) -> String {
    let names = predecessors(of: node).map { $0 < taskCount ? "\($0)" : "barrier \(Int($0) - taskCount)" }
    return names.isEmpty ? "" : " after " + names.joined(separator: ", ")
  }
}
