/// Colours and fonts of charts.
enum ChartStyle {
  /// Colours of lines, on light and on dark paper; each has at least 4.5 : 1 of contrast, because labels wear them too.
  static let colors: [(light: String, dark: String)] = [
    ("#0b5cad", "#6cb2ff"), ("#b3421a", "#ff9a6b"), ("#11734b", "#5fd3a0"), ("#8a3fa0", "#d59bf0"),
    ("#7a5c00", "#e0bd4c"), ("#b01a55", "#ff86b3"), ("#00707a", "#5cd0da"), ("#4a4f57", "#c0c6cf"),
  ]

  /// The style sheet of a chart.
  static func sheet(lines: Int, labelSize: Double) -> String {
    let light = variables(paper: "#ffffff", ink: "#1b1f24", faint: "#5b626c", grid: "#e3e6ea") { $0.light }
    let dark = variables(paper: "#14171b", ink: "#eceff3", faint: "#a4acb7", grid: "#2c3138") { $0.dark }
    let classes = (0..<min(max(lines, 1), colors.count)).map { line in
      ".l\(line){stroke:var(--c\(line))}.m\(line){fill:var(--c\(line))}.t\(line){fill:var(--c\(line))}"
    }
    return """
      <style>
      svg{\(light)}
      @media (prefers-color-scheme: dark){svg{\(dark)}}
      text{font-family:ui-sans-serif,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif;fill:var(--ink);font-size:12px}
      .paper{fill:var(--paper)}
      .heading{font-size:17px;font-weight:600}
      .subtitle{fill:var(--faint)}
      .panel{font-size:13px;font-weight:600}
      .tick,.axis-title,.legend{font-size:12px}
      .tick,.axis-title{fill:var(--faint)}
      .middle{text-anchor:middle}
      .end{text-anchor:end}
      .grid{stroke:var(--grid)}
      .axis{stroke:var(--faint)}
      .line{stroke-linecap:round;fill:none}
      .leader{stroke-width:0.7;stroke-opacity:0.6}
      .mark{stroke:var(--paper);stroke-width:0.8}
      .missing{fill-opacity:0.75}
      \(classes.joined(separator: "\n"))
      text.label{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,monospace;font-size:\(SVG.number(labelSize))px;paint-order:stroke;\
      stroke:var(--paper);stroke-width:2.5px;stroke-linejoin:round}
      </style>
      """
  }

  private static func variables(
    paper: String, ink: String, faint: String, grid: String, _ color: ((light: String, dark: String)) -> String
  ) -> String {
    let fixed = "--paper:\(paper);--ink:\(ink);--faint:\(faint);--grid:\(grid)"
    return fixed + colors.enumerated().map { ";--c\($0):\(color($1))" }.joined()
  }
}
