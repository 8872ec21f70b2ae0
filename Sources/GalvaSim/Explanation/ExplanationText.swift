import ClusterSimulation
import Quantities
import ScenarioIO

extension Explanation {
  /// The report for people.
  public var text: String {
    let result = run.result
    let iteration = result.iterationTime.seconds.value
    var lines = [
      "\(run.scenario.name): \(result.fits ? "one iteration takes" : "does not fit; would take") "
        + Readable.time(iteration), "what bounds it: \(bound)", "",
      "time of the busiest rank (stage \(busiest.stage)):",
    ]
    lines += partTable(iteration)
    if result.setup.plan.pipelineParallel > 1 {
      lines.append(
        "  an even pipeline of \(result.setup.plan.pipelineParallel) stages and \(result.setup.plan.microBatches) "
          + "micro-batches waits (P-1)/(P-1+m v) = \(Readable.percent(evenBubble)), this one "
          + Readable.percent(busiest.time.bubble.seconds.value / iteration))
    }
    lines += ["", "its kernels:"] + kernelTable(iteration)
    lines += ["", memoryTitle] + memoryTable
    return lines.joined(separator: "\n") + "\n"
  }

  private func partTable(_ iteration: Double) -> [String] {
    var table = TextTable(["part", "time", "share"])
    for part in parts {
      table.add([part.name, Readable.time(part.seconds), Readable.percent(part.seconds / iteration)])
    }
    return table.lines
  }

  private func kernelTable(_ iteration: Double) -> [String] {
    var table = TextTable(["kernel", "runs", "each", "total", "share", "TFLOP/s", "GB/s", "bound by"])
    for term in kernels {
      table.add([
        "\(term.kind.name) \(term.name)", "\(term.count)", Readable.time(term.seconds / Double(term.count)),
        Readable.time(term.seconds), Readable.percent(term.seconds / iteration),
        term.rate > 0 ? Readable.fixed(term.rate / 1e12, 1) : "-", Readable.fixed(term.bandwidth / 1e9, 0),
        term.limit.rawValue,
      ])
    }
    return table.lines
  }

  private var memoryTitle: String {
    let peak = fullest.memory
    let moment = peak.row < 0 ? "from the start" : "at \(Readable.time(peak.time.seconds.value))"
    return "memory of the fullest rank (stage \(fullest.stage)) at its peak, \(moment): "
      + "\(Readable.gibibytes(peak.bytes.count)) of \(Readable.gibibytes(run.result.setup.memoryCapacity.count)) GiB"
  }

  private var memoryTable: [String] {
    var table = TextTable(["what", "GiB", "share", "="])
    let peak = fullest.memory.bytes.count
    for term in memory {
      var factors = term.count > 1 ? ["\(term.count) blocks"] : []
      if term.layers > 1 || term.microBatches > 1 {
        let batches = term.microBatches > 1 ? " x \(term.microBatches) micro-batches" : ""
        factors = ["\(term.layers) layer\(term.layers == 1 ? "" : "s")\(batches)"]
        if term.layers * max(1, term.microBatches) != term.count { factors.append("(\(term.count) blocks)") }
      }
      factors.append(
        (factors.isEmpty ? "" : "x ") + "\(Readable.grouped(Double(term.each))) B"
          + (term.formula.isEmpty ? "" : " = \(term.formula)"))
      table.add([
        "\(term.category.name): \(term.name)", Readable.fixed(Double(term.bytes) / 1_073_741_824, 3),
        Readable.percent(Double(term.bytes) / Double(peak)), factors.joined(separator: " "),
      ])
    }
    return table.lines
  }

  /// The document `explain --json` prints; times in seconds of the busiest rank, bytes of the fullest.
  public var document: JSONValue {
    let result = run.result
    return [
      "schema_version": 1, "tool_version": .text(toolVersion), "scenario": .text(run.scenario.name),
      "verdict": result.fits ? "fits" : "out_of_memory", "bound": .text(bound),
      "time": [
        "stage": .integer(busiest.stage), "iteration_time_s": .number(result.iterationTime.seconds.value),
        "parts": .list(parts.map { ["name": .text($0.name), "time_s": .number($0.seconds)] }),
        "even_pipeline_bubble": .number(evenBubble), "kernels": .list(kernels.map(Self.json)),
      ],
      "memory": [
        "stage": .integer(fullest.stage), "peak_bytes": .integer(fullest.memory.bytes.count),
        "time_s": .number(fullest.memory.time.seconds.value), "terms": .list(memory.map(Self.json)),
      ],
    ]
  }

  private static func json(_ term: TimeTerm) -> JSONValue {
    [
      "kind": .text(term.kind.name), "name": .text(term.name), "count": .integer(term.count),
      "time_s": .number(term.seconds), "operations_per_s": .number(term.rate),
      "bytes_per_s": .number(term.bandwidth), "bound": .text(term.limit.rawValue),
    ]
  }

  private static func json(_ term: MemoryTerm) -> JSONValue {
    [
      "category": .text(term.category.name), "name": .text(term.name), "count": .integer(term.count),
      "layers": .integer(term.layers), "micro_batches": .integer(term.microBatches), "each_bytes": .integer(term.each),
      "bytes": .integer(term.bytes), "formula": .text(term.formula),
    ]
  }
}
