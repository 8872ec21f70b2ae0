import Export
import ScenarioIO

extension SweepRun {
  /// Throughput over the axis the sweep chose, the plan at each point; `nil` when no axis can carry it.
  ///
  /// A line for each value of another axis, a panel for each combination of what is left.
  public var chart: Chart? {
    guard let choice = spec.chart else { return nil }
    let kept = keptAxes
    let others = kept.filter { $0 != choice.x && $0 != choice.lines }
    guard let x = kept.firstIndex(of: choice.x) else { return nil }
    let line = choice.lines.flatMap { kept.firstIndex(of: $0) }
    let panels = reduced.gathered { point in
      others.compactMap { kept.firstIndex(of: $0) }.map { point.coordinates[$0] }
    }
    let label = labels
    let names = choice.lines.map { spec.axes[$0].labels } ?? [spec.name]
    let axis = spec.axes[choice.x]
    let numbers = axis.numbers ?? axis.values.indices.map { Double($0) }
    var chart = Chart(
      title: spec.name, subtitle: spec.description, xTitle: axis.name,
      yTitle: "samples/s", missingTitle: "OOM",
      ticks: zip(numbers, axis.labels).map { Chart.Tick(place: $0, label: $1) }, lines: names,
      panels: panels.map { key, points in
        let title = zip(others, key).map { "\(spec.axes[$0].name) \(spec.axes[$0].values[$1].label)" }
        return Chart.Panel(
          title: title.joined(separator: ", "),
          points: names.indices.map { name in
            points.filter { point in line.map { point.coordinates[$0] == name } ?? true }
              .sorted { numbers[$0.coordinates[x]] < numbers[$1.coordinates[x]] }
              .compactMap { point($0, tick: $0.coordinates[x], label) }
          })
      })
    chart.isLogX = choice.isLogX && numbers.allSatisfy { $0 > 0 }
    chart.isLogY = choice.isLogY
    return chart
  }

  private func point(_ reduced: ReducedPoint, tick: Int, _ label: (PointResult) -> String) -> Chart.Point? {
    guard let best = reduced.best, let result = results[best] else { return nil }
    let names = zip(spec.axes, spec.coordinates(of: best)).map { "\($0.name) \($0.values[$1].label)" }
    let outcome =
      result.samplesPerSecond.map { "\(Readable.fixed($0, 2)) samples/s, \(result.planText)" }
      ?? "\(result.verdict.rawValue): \(result.reason)"
    return Chart.Point(
      tick: tick, value: result.samplesPerSecond, label: label(result),
      detail: names.joined(separator: ", ") + ": " + outcome)
  }

  /// What is written at a point: the plan, with the batch and the number of micro-batches where points differ in them.
  private var labels: (PointResult) -> String {
    let results = finished.compactMap { self.results[$0] }
    let hasBatches = Set(results.compactMap(\.globalBatch)).count > 1
    let hasMicroBatches = Set(results.compactMap(\.microBatches)).count > 1
    return { result in
      let batch = hasBatches ? result.globalBatch.map { "b\($0)" } : nil
      let microBatches = hasMicroBatches ? result.microBatches.map { "mb\($0)" } : nil
      return [result.planSummary, batch, microBatches].compactMap { $0 }.joined(separator: " ")
    }
  }
}
