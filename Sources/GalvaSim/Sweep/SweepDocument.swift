import Export
import ScenarioIO

extension SweepRun {
  /// The document `sweep --json` prints.
  public var document: JSONValue {
    let points = finished.map { json($0) }
    let best = spec.reducedAxes.isEmpty ? [] : reduced.compactMap(\.best).map { json($0) }
    return [
      "schema_version": 1, "tool_version": .text(toolVersion), "sweep": .text(spec.name),
      "task": .text(spec.task.rawValue),
      "axes": .list(
        spec.axes.map { ["name": .text($0.name), "values": .list($0.labels.map { .text($0) })] }),
      "counts": counts, "points": .list(points),
      "best_over": .list(spec.reducedAxes.map { .text(spec.axes[$0].name) }), "best": .list(best),
    ]
  }

  /// How many points there are, and how they ended.
  private var counts: JSONValue {
    .object(
      [
        JSONField("points", .integer(spec.pointCount)), JSONField("wanted", .integer(wanted.count)),
        JSONField("finished", .integer(finished.count)),
      ] + PointResult.Verdict.allCases.map { JSONField($0.rawValue, .integer(count($0))) })
  }

  /// Points with a verdict.
  func count(_ verdict: PointResult.Verdict) -> Int { finished.count { results[$0]?.verdict == verdict } }

  private func json(_ point: Int) -> JSONValue {
    let places = zip(spec.axes, spec.coordinates(of: point))
    let axes = places.map { axis, place in JSONField(axis.name, .text(axis.values[place].label)) }
    return .object(
      [JSONField("point", .integer(point)), JSONField("axes", .object(axes))] + (results[point]?.fields ?? []))
  }
}
