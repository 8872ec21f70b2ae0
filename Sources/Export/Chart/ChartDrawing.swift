import Quantities

/// A panel with every place worked out, in pixels.
struct ChartDrawing {
  /// A point as it is drawn.
  struct Mark {
    let place: ChartPlace
    let line: Int
    let point: Chart.Point
    /// Whether it stands below the axis, because it has no value.
    let isMissing: Bool
  }

  /// Outer size of a panel.
  static let size = (width: 700.0, height: 420.0)
  /// Room for the axes and the title around the inside.
  static let margin = (left: 58.0, right: 18.0, top: 34.0, bottom: 66.0)
  /// Half the width of the row of missing points at a tick, and its distance below the inside.
  private static let missing = (step: 9.0, below: 16.0)

  let chart: Chart
  let panel: Chart.Panel
  let scale: ChartScale
  /// Where the lines are drawn.
  let inside: ChartBox
  private(set) var marks: [Mark] = []
  private(set) var labels: [ChartLabels.Placed] = []
  /// Labels that found no room.
  private(set) var omittedLabels = 0

  /// Works out a panel whose outer corner is at a place.
  init(_ panel: Chart.Panel, of chart: Chart, left: Double, top: Double) {
    self.chart = chart
    self.panel = panel
    inside = ChartBox(
      left: left + Self.margin.left, top: top + Self.margin.top,
      width: Self.size.width - Self.margin.left - Self.margin.right,
      height: Self.size.height - Self.margin.top - Self.margin.bottom)
    scale = ChartScale(values: panel.points.flatMap { $0.compactMap(\.value) }, isLogarithmic: chart.isLogY)
    marks = panel.points.enumerated().flatMap { line, points in points.map { mark($0, line) } }
    placeLabels()
  }

  /// Where a tick stands from left to right.
  func x(_ tick: Int) -> Double {
    let places = chart.ticks.map { chart.isLogX ? logarithm2($0.place) : $0.place }
    let (first, last) = (places.min() ?? 0, places.max() ?? 0)
    let fraction = last > first ? (places[tick] - first) / (last - first) : 0.5
    // The outermost ticks keep clear of the edges, where their labels need room.
    return inside.left + inside.width * (0.09 + 0.82 * fraction)
  }

  /// Where a value stands from top to bottom.
  func y(_ value: Double) -> Double { inside.bottom - inside.height * 0.94 * scale.fraction(value) }

  /// Pieces of the lines, broken where a point has no value.
  func segments(_ line: Int) -> [(start: ChartPlace, end: ChartPlace)] {
    let places = marks.filter { $0.line == line }.map { $0.isMissing ? nil : $0.place }
    return zip(places, places.dropFirst()).compactMap { start, end in
      guard let start, let end else { return nil }
      return (start, end)
    }
  }

  private func mark(_ point: Chart.Point, _ line: Int) -> Mark {
    let x = x(point.tick)
    if let value = point.value, value > 0 || !chart.isLogY {
      return Mark(place: ChartPlace(x: x, y: y(value)), line: line, point: point, isMissing: false)
    }
    let offset = (Double(line) - Double(chart.lines.count - 1) / 2) * Self.missing.step
    let place = ChartPlace(x: x + offset, y: inside.bottom + Self.missing.below)
    return Mark(place: place, line: line, point: point, isMissing: true)
  }

  /// Highest points first, so that labels spread away from the crowd below; equal points share a label.
  private mutating func placeLabels() {
    let drawn = marks.filter { !$0.isMissing }
    var wishes: [ChartLabels.Wish] = []
    for mark in drawn where !mark.point.label.isEmpty {
      let isKnown = wishes.contains { $0.text == mark.point.label && $0.anchor.distance(to: mark.place) < 1 }
      if !isKnown { wishes.append(.init(text: mark.point.label, anchor: mark.place, line: mark.line)) }
    }
    wishes.sort { ($0.anchor.y, $0.anchor.x) < ($1.anchor.y, $1.anchor.x) }
    let finder = ChartLabels(
      bounds: inside,
      points: drawn.map { ChartBox(left: $0.place.x - 6, top: $0.place.y - 6, width: 12, height: 12) },
      segments: chart.lines.indices.flatMap { segments($0) })
    labels = finder.place(wishes)
    omittedLabels = wishes.count - labels.count
  }
}
