/// Elements of SVG documents.
package enum SVG {
  /// A text; with a width it is stretched to it, whatever font the reader has.
  static func text(_ text: String, x: Double, y: Double, style: String, width: Double? = nil) -> String {
    let fit = width.map { " textLength=\"\(number($0))\" lengthAdjust=\"spacingAndGlyphs\"" } ?? ""
    return "<text class=\"\(style)\" x=\"\(number(x))\" y=\"\(number(y))\"\(fit)>\(escaped(text))</text>"
  }

  /// A straight line.
  static func line(_ start: ChartPlace, _ end: ChartPlace, style: String, width: Double? = nil) -> String {
    let stroke = width.map { " stroke-width=\"\(number($0))\"" } ?? ""
    return "<line class=\"\(style)\" x1=\"\(number(start.x))\" y1=\"\(number(start.y))\" x2=\"\(number(end.x))\" "
      + "y2=\"\(number(end.y))\"\(stroke)/>"
  }

  /// A mark whose form tells lines apart: circle, square, diamond, triangles.
  static func shape(_ kind: Int, at place: ChartPlace, size: Double, style: String, detail: String) -> String {
    let title = "<title>\(escaped(detail))</title>"
    if kind % 5 == 0 {
      return "<circle class=\"\(style)\" cx=\"\(number(place.x))\" cy=\"\(number(place.y))\" r=\"\(number(size))\">"
        + title + "</circle>"
    }
    let corners: [(x: Double, y: Double)] =
      switch kind % 5 {
      case 1: [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]
      case 2: [(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)]
      case 3: [(0, -1.15), (1.1, 0.85), (-1.1, 0.85)]
      default: [(0, 1.15), (1.1, -0.85), (-1.1, -0.85)]
      }
    let list = corners.map { "\(number(place.x + size * $0.x)),\(number(place.y + size * $0.y))" }
    return "<polygon class=\"\(style)\" points=\"\(list.joined(separator: " "))\">\(title)</polygon>"
  }

  /// A number with at most two decimals.
  static func number(_ value: Double) -> String {
    let rounded = (value * 100).rounded() / 100
    return rounded == rounded.rounded() && rounded.magnitude < 1e15 ? "\(Int64(rounded))" : "\(rounded)"
  }

  /// A text whose characters mean nothing to XML; control characters are left out, which XML cannot hold.
  package static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "\n", "\t": escaped += " "
      case _ where scalar.value < 0x20: continue
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
