extension Chart {
  /// The chart as a standalone SVG document: light, or dark where the reader's system is.
  public var svg: String {
    let columns = panels.count > 1 ? 2 : 1
    let rows = (panels.count + columns - 1) / columns
    let size = ChartDrawing.size(of: self)
    let (width, top) = (Double(columns) * size.width, subtitle.isEmpty ? 34.0 : 54.0)
    let legend = ChartLegend(lines: lines, width: width)
    let head = top + legend.height
    let height = head + Double(rows) * size.height
    var parts = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(SVG.number(width)) \(SVG.number(height))\" "
        + "width=\"\(SVG.number(width))\" height=\"\(SVG.number(height))\" role=\"img\">",
      "<title>\(SVG.escaped(title))</title>", ChartStyle.sheet(lines: lines.count, labelSize: labelSize),
      "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>",
      SVG.text(title, x: 20, y: 24, style: "heading"),
      subtitle.isEmpty ? "" : SVG.text(subtitle, x: 20, y: 44, style: "subtitle"), legend.svg(left: 20, top: top),
    ]
    for (index, panel) in panels.enumerated() {
      let drawing = ChartDrawing(
        panel, of: self, left: Double(index % columns) * size.width,
        top: head + Double(index / columns) * size.height)
      parts.append(drawing.svg)
    }
    return (parts.filter { !$0.isEmpty } + ["</svg>"]).joined(separator: "\n") + "\n"
  }
}

extension ChartDrawing {
  /// The panel's elements.
  var svg: String {
    let all = [axes, lineElements, leaders, markElements, labelElements].flatMap { $0 }
    return "<g>\n" + all.joined(separator: "\n") + "\n</g>"
  }

  private var axes: [String] {
    let note = omittedLabels > 0 ? "(\(omittedLabels) plans have no room; point at a mark)" : ""
    let title = [panel.title, note].filter { !$0.isEmpty }.joined(separator: "  ")
    var parts = [SVG.text(title, x: inside.left, y: inside.top - 12, style: "panel")]
    for mark in scale.marks {
      let y = y(mark)
      parts.append(SVG.line(ChartPlace(x: inside.left, y: y), ChartPlace(x: inside.right, y: y), style: "grid"))
      parts.append(SVG.text(SVG.number(mark), x: inside.left - 8, y: y + 4, style: "tick end"))
    }
    for tick in namedTicks {
      parts.append(SVG.text(chart.ticks[tick].label, x: x(tick), y: tickRow, style: "tick middle"))
    }
    parts.append(
      SVG.line(
        ChartPlace(x: inside.left, y: inside.bottom), ChartPlace(x: inside.right, y: inside.bottom), style: "axis"))
    if marks.contains(where: \.isMissing) {
      parts.append(SVG.text(chart.missingTitle, x: inside.left - 8, y: missingRow, style: "tick end"))
    }
    parts.append(
      SVG.text(chart.xTitle, x: inside.left + inside.width / 2, y: tickRow + 19, style: "axis-title middle"))
    let side = ChartPlace(x: inside.left - 42, y: inside.top + inside.height / 2)
    parts.append(
      "<text class=\"axis-title middle\" transform=\"translate(\(SVG.number(side.x)) \(SVG.number(side.y))) rotate(-90)\">"
        + SVG.escaped(chart.yTitle) + "</text>")
    return parts
  }

  private var lineElements: [String] {
    chart.lines.indices.flatMap { line in
      segments(line).map {
        SVG.line(
          $0.start, $0.end, style: "line l\(line % ChartStyle.colors.count)", width: 3.4 - 0.25 * Double(min(line, 8)))
      }
    }
  }

  private var leaders: [String] {
    labels.compactMap { label in
      label.leader.map {
        SVG.line($0.start, $0.end, style: "leader l\(label.wish.line % ChartStyle.colors.count)")
      }
    }
  }

  private var markElements: [String] {
    marks.map { mark in
      let style = (mark.isMissing ? "missing" : "mark") + " m\(mark.line % ChartStyle.colors.count)"
      let size = mark.isMissing ? 3.2 : 6 - 0.35 * Double(min(mark.line, 8))
      return SVG.shape(mark.line, at: mark.place, size: size, style: style, detail: mark.point.detail)
    }
  }

  private var labelElements: [String] {
    labels.map { label in
      SVG.text(
        label.wish.text, x: label.box.left, y: label.box.bottom - 3,
        style: "label t\(label.wish.line % ChartStyle.colors.count)", width: label.box.width)
    }
  }
}

/// Names of the lines with their marks; a single line needs none.
struct ChartLegend {
  let lines: [String]
  let width: Double

  /// Room it takes, from top to bottom.
  var height: Double { lines.count > 1 ? Double(places.rows) * 20 + 6 : 0 }

  private var places: (entries: [ChartPlace], rows: Int) {
    var entries: [ChartPlace] = []
    var place = ChartPlace(x: 0, y: 0)
    for line in lines {
      let room = Double(line.count) * 7 + 34
      if place.x + room > width - 40 { place = ChartPlace(x: 0, y: place.y + 20) }
      entries.append(place)
      place.x += room
    }
    return (entries, Int(place.y / 20) + 1)
  }

  func svg(left: Double, top: Double) -> String {
    guard lines.count > 1 else { return "" }
    return zip(lines, places.entries).enumerated().map { line, entry in
      let (name, place) = entry
      let (x, y) = (left + place.x, top + place.y + 10)
      let color = line % ChartStyle.colors.count
      return SVG.line(ChartPlace(x: x, y: y), ChartPlace(x: x + 18, y: y), style: "line l\(color)", width: 2.4)
        + SVG.shape(line, at: ChartPlace(x: x + 9, y: y), size: 4.5, style: "mark m\(color)", detail: name)
        + SVG.text(name, x: x + 23, y: y + 4, style: "legend")
    }.joined(separator: "\n")
  }
}
