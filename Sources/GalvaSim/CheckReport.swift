import ClusterSimulation
import Planning
import Quantities
import ScenarioIO

extension ScenarioRun {
  /// The document `check --json` prints: verdict, headroom per stage, what helps.
  public var checkDocument: JSONValue {
    let capacity = result.setup.memoryCapacity.count
    let full = document
    return [
      "schema_version": 1, "tool_version": .text(toolVersion), "scenario": .text(scenario.name),
      "verdict": result.fits ? "fits" : "out_of_memory", "capacity_bytes": .integer(capacity),
      "stages": .list(
        result.stages.map { stage in
          [
            "stage": .integer(stage.stage), "ranks": .integer(stage.ranks),
            "peak_bytes": .integer(stage.memory.bytes.count),
            "headroom_bytes": .integer(capacity - stage.memory.bytes.count),
          ]
        }),
      "out_of_memory": full["out_of_memory"] ?? .null,
    ]
  }

  /// The same for people.
  public var checkText: String {
    let capacity = result.setup.memoryCapacity.count
    var table = TextTable(["stage", "ranks", "peak GiB", "headroom GiB"])
    for stage in result.stages {
      table.add([
        "\(stage.stage)", "\(stage.ranks)", Readable.gibibytes(stage.memory.bytes.count),
        Readable.fixed(Double(capacity - stage.memory.bytes.count) / 1_073_741_824, 2),
      ])
    }
    let verdict = result.fits ? "fits" : "does not fit"
    let lines =
      ["\(scenario.name): \(verdict) in \(Readable.gibibytes(capacity)) GiB", ""] + table.lines
      + (result.fits ? [] : [""] + memoryLines)
    return lines.joined(separator: "\n") + "\n"
  }
}

extension JSONValue {
  /// The same object with more fields at its end.
  public func adding(_ fields: [JSONField]) -> JSONValue {
    guard case .object(let own) = self else { return self }
    return .object(own + fields)
  }
}
