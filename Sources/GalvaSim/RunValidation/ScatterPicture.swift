import Export
import Quantities

/// Predicted against measured times of an iteration: logarithmic axes, one colour for each GPU, bands of 10 and 25 %.
struct ScatterPicture {
  private let points: [Point]
  /// Chips in order of first row.
  private let chips: [String]
  /// Powers of ten that enclose all times.
  private let decades: ClosedRange<Int>

  /// One row.
  private struct Point {
    var measured: Double
    var predicted: Double
    var chip: Int
    var name: String
  }

  /// The plotting area, in pixels.
  private static let (left, top, side) = (70.0, 40.0, 520.0)
  /// Colours that people who see colours differently tell apart (Okabe and Ito 2008), and some more.
  private static let colours = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#6a3d9a", "#444444", "#b15928", "#8c8c00",
  ]

  /// Collects the rows that count.
  init(_ rows: [RunValidation.Row]) {
    var chips: [String] = []
    points = rows.compactMap { row in
      guard row.skippedReason == nil, let measured = row.measuredTime, let predicted = row.predictedTime,
        measured > 0, predicted > 0
      else { return nil }
      let chip = Self.chip(row.gpu)
      if !chips.contains(chip) { chips.append(chip) }
      return Point(
        measured: measured, predicted: predicted, chip: chips.firstIndex(of: chip) ?? 0, name: row.id)
    }
    self.chips = chips
    let exponents = points.flatMap { [$0.measured, $0.predicted] }.map { Self.logarithm10($0) }
    let low = Int((exponents.min() ?? 0).rounded(.down))
    decades = low...max(low + 1, Int((exponents.max() ?? 1).rounded(.up)))
  }

  /// The name of the chip in the name of a GPU.
  private static func chip(_ gpu: String) -> String {
    let known = ["GB200", "B200", "H200", "H100", "A100", "V100", "A40", "MI300X", "TITAN RTX"]
    // The machines Amazon calls P3 have V100s.
    if gpu.hasPrefix("p3.") { return "V100" }
    return known.first { gpu.uppercased().contains($0) } ?? gpu
  }

  private static func logarithm10(_ value: Double) -> Double { logarithm2(value) / 3.321_928_094_887_362 }

  /// The picture.
  var text: String {
    let height = Self.top + Self.side + 60
    let width = Self.left + Self.side + 150
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Int(width))\" height=\"\(Int(height))\" "
        + "viewBox=\"0 0 \(Int(width)) \(Int(height))\" font-family=\"sans-serif\" font-size=\"12\">",
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
      "<text x=\"\(Self.text(Self.left))\" y=\"24\" font-size=\"15\">Iterations of \(points.count) training runs</text>",
    ]
    lines += bands + grid + legend
    lines += points.map { point in
      "<circle cx=\"\(place(point.measured))\" cy=\"\(place(point.predicted, isVertical: true))\" r=\"2.4\" fill=\""
        + "\(Self.colours[point.chip % Self.colours.count])\" fill-opacity=\"0.55\"><title>\(SVG.escaped(point.name)): "
        + "measured \(Readable.time(point.measured)), predicted \(Readable.time(point.predicted))</title></circle>"
    }
    return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
  }

  private var bands: [String] {
    let band = [(0.25, "#eeeeee"), (0.1, "#d8d8d8")].map { fraction, colour -> String in
      let corners = [(1 + fraction, true), (1 + fraction, false), (1 - fraction, false), (1 - fraction, true)]
      let places = corners.map { factor, isLow -> String in
        let exponent = Double(isLow ? decades.lowerBound : decades.upperBound)
        let shift = Self.logarithm10(factor)
        return "\(Self.text(x(exponent))),\(Self.text(y(exponent + shift)))"
      }
      return "<polygon points=\"\(places.joined(separator: " "))\" fill=\"\(colour)\" clip-path=\"url(#area)\"/>"
    }
    let area =
      "<clipPath id=\"area\"><rect x=\"\(Self.text(Self.left))\" y=\"\(Self.text(Self.top))\" "
      + "width=\"\(Self.text(Self.side))\" height=\"\(Self.text(Self.side))\"/></clipPath>"
    let (low, high) = (Double(decades.lowerBound), Double(decades.upperBound))
    return [area] + band + [line(x(low), y(low), x(high), y(high), "#888888")]
  }

  private var grid: [String] {
    let (right, bottom) = (Self.left + Self.side, Self.top + Self.side)
    let lines = decades.flatMap { exponent -> [String] in
      let (across, down) = (x(Double(exponent)), y(Double(exponent)))
      return [
        line(across, Self.top, across, bottom, "#cccccc"), line(Self.left, down, right, down, "#cccccc"),
        label(Self.decade(exponent), across, bottom + 18, "middle"),
        label(Self.decade(exponent), Self.left - 8, down + 4, "end"),
      ]
    }
    let middle = Self.top + Self.side / 2
    return lines + [
      label("measured", Self.left + Self.side / 2, bottom + 42, "middle"),
      "<text x=\"18\" y=\"\(Self.text(middle))\" text-anchor=\"middle\" "
        + "transform=\"rotate(-90 18 \(Self.text(middle)))\">predicted</text>",
    ]
  }

  private var legend: [String] {
    let start = Self.left + Self.side + 20
    let names = chips.enumerated().flatMap { index, chip -> [String] in
      let down = Self.top + 14 + 20 * Double(index)
      let count = points.count { $0.chip == index }
      return [
        "<circle cx=\"\(Self.text(start))\" cy=\"\(Self.text(down - 4))\" r=\"5\" fill=\""
          + "\(Self.colours[index % Self.colours.count])\"/>",
        label("\(SVG.escaped(chip)) (\(count))", start + 12, down, "start"),
      ]
    }
    let below = Self.top + 30 + 20 * Double(chips.count)
    return names + [
      label("dark: within 10 %", start - 5, below, "start"),
      label("light: within 25 %", start - 5, below + 18, "start"),
    ]
  }

  // MARK: Places

  private func x(_ exponent: Double) -> Double {
    Self.left + Self.side * (exponent - Double(decades.lowerBound)) / Double(decades.upperBound - decades.lowerBound)
  }

  private func y(_ exponent: Double) -> Double { Self.top + Self.side - (x(exponent) - Self.left) }

  private func place(_ seconds: Double, isVertical: Bool = false) -> String {
    let exponent = Self.logarithm10(seconds)
    return Self.text(isVertical ? y(exponent) : x(exponent))
  }

  private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String) -> String {
    "<line x1=\"\(Self.text(x1))\" y1=\"\(Self.text(y1))\" x2=\"\(Self.text(x2))\" y2=\"\(Self.text(y2))\" "
      + "stroke=\"\(colour)\"/>"
  }

  private func label(_ text: String, _ x: Double, _ y: Double, _ anchor: String) -> String {
    "<text x=\"\(Self.text(x))\" y=\"\(Self.text(y))\" text-anchor=\"\(anchor)\">\(text)</text>"
  }

  private static func text(_ value: Double) -> String { Readable.fixed(value, 1) }

  private static func decade(_ exponent: Int) -> String {
    switch exponent {
    case -3: "1 ms"
    case -2: "10 ms"
    case -1: "100 ms"
    case 0...4: "1" + String(repeating: "0", count: exponent) + " s"
    default: "1e\(exponent) s"
    }
  }
}
