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

  /// Room for the axes and the title around the inside, the marks of missing points not counted.
  private static let margin = (left: 58.0, right: 18.0, top: 30.0, bottom: 52.0)
  /// Height of a row of missing points: one for each line that has some.
  private static let missingRow = 8.0

  /// Outer size of the panels of a chart; a single one is larger.
  static func size(of chart: Chart) -> (width: Double, height: Double) {
    let rows = missingRow * Double(chart.missingLines.count)
    return chart.panels.count > 1 ? (700, 390 + rows) : (1000, 480 + rows)
  }

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
    let size = Self.size(of: chart)
    self.chart = chart
    self.panel = panel
    inside = ChartBox(
      left: left + Self.margin.left, top: top + Self.margin.top,
      width: size.width - Self.margin.left - Self.margin.right,
      height: size.height - Self.margin.top - Self.margin.bottom - Self.missingRow * Double(chart.missingLines.count))
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

  /// Where the names of ticks stand from top to bottom: below the rows of missing points.
  var tickRow: Double { inside.bottom + Self.missingRow * Double(chart.missingLines.count) + 22 }

  /// Where what missing points mean stands from top to bottom.
  var missingRow: Double { inside.bottom + Self.missingRow * (Double(chart.missingLines.count) / 2 + 1) + 4 }

  /// The ticks whose names have room beside each other.
  var namedTicks: [Int] {
    var named: [Int] = []
    for tick in chart.ticks.indices.sorted(by: { x($0) < x($1) }) {
      let isFree = named.last.map { last in
        let room = Double(chart.ticks[tick].label.count + chart.ticks[last].label.count) * 3.6 + 8
        return x(tick) - x(last) >= room
      }
      if isFree ?? true { named.append(tick) }
    }
    return named
  }

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
    let row = Double(chart.missingLines.firstIndex(of: line) ?? 0)
    let place = ChartPlace(x: x, y: inside.bottom + (row + 1.5) * Self.missingRow)
    return Mark(place: place, line: line, point: point, isMissing: true)
  }

  /// Highest points first, so that labels spread away from the crowd below; equal points share a label, and a line
  /// says it once as long as it stays the same.
  private mutating func placeLabels() {
    let drawn = marks.filter { !$0.isMissing }
    var wishes: [ChartLabels.Wish] = []
    for (mark, previous) in zip(marks, [nil] + marks.map(Optional.some)) where !mark.isMissing {
      let isRepeated = previous.map { $0.line == mark.line && !$0.isMissing && $0.point.label == mark.point.label }
      if mark.point.label.isEmpty || isRepeated ?? false { continue }
      let isKnown = wishes.contains { $0.text == mark.point.label && $0.anchor.distance(to: mark.place) < 1 }
      if !isKnown { wishes.append(.init(text: mark.point.label, anchor: mark.place, line: mark.line)) }
    }
    wishes.sort { ($0.anchor.y, $0.anchor.x) < ($1.anchor.y, $1.anchor.x) }
    let finder = ChartLabels(
      fontSize: chart.labelSize,
      bounds: inside,
      points: drawn.map { ChartBox(left: $0.place.x - 6, top: $0.place.y - 6, width: 12, height: 12) },
      segments: chart.lines.indices.flatMap { segments($0) })
    labels = finder.place(wishes)
    omittedLabels = wishes.count - labels.count
  }
}

extension Chart {
  /// Lines with points that are marked below the axis, in any panel.
  var missingLines: [Int] {
    lines.indices.filter { line in
      panels.contains { panel in
        panel.points[line].contains { point in point.value.map { isLogY && $0 <= 0 } ?? true }
      }
    }
  }

  /// Size of the letters at points.
  var labelSize: Double { panels.count > 1 ? 9 : 11 }
}
