/// Reads how a sweep is reported: which axes only their best value counts of, the table, the chart.
struct SweepLayoutReader {
  let axes: [SweepAxis]
  let log: ProblemLog
  private static let scales = [("linear", false), ("log", true)]

  /// Positions of the axes that are reduced, in the order of the axes.
  func reduced(_ node: DocumentNode?) -> [Int] {
    guard let node else { return [] }
    guard case .list(let items) = node.value else {
      log.add(node, path: "best_over", expected: "a list of axes")
      return []
    }
    let found = items.compactMap { axis($0, path: "best_over") }
    if found.count == axes.count {
      log.add(
        at: node.position, path: "best_over", "found every axis", "leave at least one axis to compare the best over")
    }
    return Set(found).sorted()
  }

  /// The axes of rows and columns.
  func table(_ node: DocumentNode?, reduced: [Int]) -> (rows: Int, columns: Int)? {
    guard let node, let reader = MappingReader(node, path: "table", keys: .sweepTable, log: log) else { return nil }
    let rows = reader.require("rows", "an axis").flatMap { kept($0, path: "table.rows", reduced) }
    let columns = reader.require("columns", "an axis").flatMap { kept($0, path: "table.columns", reduced) }
    guard let rows, let columns else { return nil }
    guard rows != columns else {
      log.add(at: node.position, path: "table", "found one axis for both", "expected two different axes")
      return nil
    }
    return (rows, columns)
  }

  /// The chart; from left to right the memory limit or else the first axis of numbers, unless the file says.
  func chart(_ node: DocumentNode?, reduced: [Int], table: (rows: Int, columns: Int)?) -> SweepChartSpec? {
    let reader = node.flatMap { MappingReader($0, path: "chart", keys: .sweepChart, log: log) }
    let free = axes.indices.filter { !reduced.contains($0) }
    let x =
      reader?.value("x").flatMap { kept($0, path: "chart.x", reduced) }
      ?? free.first { axes[$0].key == "options.memory_limit" } ?? free.first { axes[$0].isNumeric }
    guard let x else {
      if let node, node["x"] == nil { log.add(node, path: "chart", expected: "x, because no axis has numbers") }
      return nil
    }
    let lines =
      reader?.value("lines").flatMap { kept($0, path: "chart.lines", reduced) }
      ?? table.flatMap { $0.rows == x ? nil : $0.rows } ?? free.first { $0 != x }
    if lines == x, let node {
      log.add(at: node.position, path: "chart", "found one axis for x and lines", "expected two different axes")
    }
    return SweepChartSpec(
      x: x, lines: lines, isLogX: reader?.choice("x_scale", among: Self.scales) ?? false,
      isLogY: reader?.choice("y_scale", among: Self.scales) ?? false)
  }

  private func kept(_ node: DocumentNode, path: String, _ reduced: [Int]) -> Int? {
    guard let axis = axis(node, path: path) else { return nil }
    guard !reduced.contains(axis) else {
      log.add(node, path: path, expected: "an axis that best_over does not name")
      return nil
    }
    return axis
  }

  private func axis(_ node: DocumentNode, path: String) -> Int? {
    log.choice(node, path: path, among: axes.enumerated().map { ($1.name, $0) })
  }
}

extension SweepAxis {
  /// The values as numbers, memory in GiB; `nil` when one is neither a number nor an amount of memory.
  public var numbers: [Double]? {
    let numbers = values.compactMap { value -> Double? in
      if let number = Double(value.label) { return number.isFinite ? number : nil }
      return (try? QuantityText.bytes(value.label))?.gibibytes
    }
    return numbers.count == values.count ? numbers : nil
  }

  /// Whether every value is a number or an amount of memory.
  var isNumeric: Bool { numbers != nil }
}
