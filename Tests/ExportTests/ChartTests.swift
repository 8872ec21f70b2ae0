import Foundation
import Testing

@testable import Export

@Suite("Charts")
struct ChartTests {
  /// Lines that lie close together, with long labels: rates fall a little from line to line.
  private static func chart(lines: Int, ticks: Int, panels: Int = 1) -> Chart {
    let points = (0..<lines).map { line in
      (0..<ticks).map { tick -> Chart.Point in
        let isMissing = tick < line % 3
        let value = Double(10 + 3 * tick) * (1 + 0.04 * Double(line % 4))
        return Chart.Point(
          tick: tick, value: isMissing ? nil : value, label: "pp\(line) tp2-dp2-z3 b\(8 * tick)", detail: "<&\">")
      }
    }
    return Chart(
      title: "a < b & c", subtitle: "", xTitle: "memory", yTitle: "samples/s", missingTitle: "OOM",
      ticks: (0..<ticks).map { Chart.Tick(place: Double(8 + 4 * $0), label: "\(8 + 4 * $0)GiB") },
      lines: (0..<lines).map { "line \($0)" },
      panels: (0..<panels).map { Chart.Panel(title: "panel \($0)", points: points) })
  }

  private static func drawing(_ chart: Chart) -> ChartDrawing {
    ChartDrawing(chart.panels[0], of: chart, left: 0, top: 0)
  }

  @Test(arguments: [(1, 4), (4, 4), (8, 4), (8, 12), (12, 6)])
  func `labels never overlap each other, a point or a leader, and stay inside`(lines: Int, ticks: Int) {
    for panels in [1, 2] {
      let drawing = Self.drawing(Self.chart(lines: lines, ticks: ticks, panels: panels))
      let labels = drawing.labels
      #expect(!labels.isEmpty)
      for (index, label) in labels.enumerated() {
        #expect(drawing.inside.contains(label.box))
        for other in labels[..<index] {
          #expect(!label.box.overlaps(other.box), "\(label.wish.text) \(other.wish.text)")
        }
        for mark in drawing.marks where !mark.isMissing {
          #expect(!label.box.contains(ChartBox(left: mark.place.x, top: mark.place.y, width: 0, height: 0)))
        }
        for other in labels where other != label {
          if let leader = other.leader { #expect(!label.box.meets(leader.start, leader.end)) }
        }
      }
    }
  }

  @Test func `a plan is written where it begins, and once where lines meet`() {
    var chart = Self.chart(lines: 2, ticks: 3)
    let same = (0..<3).map { Chart.Point(tick: $0, value: 5, label: $0 < 2 ? "tp2" : "tp4", detail: "") }
    chart.panels = [Chart.Panel(title: "", points: [same, same])]
    #expect(Self.drawing(chart).labels.map(\.wish.text) == ["tp2", "tp4"])
  }

  @Test func `a line breaks where a point has no value, which is marked below the axis`() {
    var chart = Self.chart(lines: 1, ticks: 4)
    let values: [Double?] = [1, nil, 2, 3]
    chart.panels = [
      Chart.Panel(title: "", points: [values.enumerated().map { .init(tick: $0, value: $1, label: "", detail: "") }])
    ]
    let drawing = Self.drawing(chart)
    #expect(drawing.segments(0).count == 1)
    #expect(drawing.marks.filter(\.isMissing).map { $0.place.y > drawing.inside.bottom } == [true])
  }

  @Test func `scales end at round numbers`() {
    #expect(ChartScale(values: [3, 17], isLogarithmic: false).marks == [0, 5, 10, 15, 20])
    #expect(ChartScale(values: [], isLogarithmic: false).fraction(0) == 0)
    let scale = ChartScale(values: [3, 170], isLogarithmic: true)
    #expect(scale.marks == [2, 5, 10, 20, 50, 100, 200])
    #expect(scale.fraction(2) == 0 && scale.fraction(200) == 1)
    // The middle of 2 and 200 by ratio is 20.
    #expect(abs(scale.fraction(20) - 0.5) < 1e-12)
  }

  @Test(arguments: [false, true])
  func `the document is well-formed, the same every time, and follows the reader's colours`(isLogarithmic: Bool) {
    var chart = Self.chart(lines: 9, ticks: 5, panels: 3)
    chart.isLogX = isLogarithmic
    chart.isLogY = isLogarithmic
    let text = chart.svg
    #expect(text == chart.svg)
    #expect(text.contains("prefers-color-scheme: dark"))
    #expect(text.contains("a &lt; b &amp; c") && !text.contains("<&"))
    #expect(text.filter { $0 == "<" }.count == text.filter { $0 == ">" }.count)
    #expect(!text.contains("nan") && !text.contains("inf"))
    for element in ["g", "text", "title", "style", "svg"] {
      let opened = text.components(separatedBy: "<\(element)").count
      #expect(opened == text.components(separatedBy: "</\(element)>").count, "\(element)")
    }
  }
}
