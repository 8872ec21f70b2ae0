import Quantities
import Workload

/// What is odd about a table that can be read.
public struct KernelTableFindings: Hashable, Sendable {
  /// One line each.
  public let lines: [String]

  /// Timing noise below which a faster larger kernel is nothing to report.
  static let noise = 0.05

  /// Looks for kernels that do more and take less time, and for classes that a training step needs and the table has not.
  public init(_ table: KernelTable) {
    lines = Self.inversions(table.rows) + Self.holes(table.rows)
  }

  /// Kernels of one family, which differ in one size only.
  private struct Series: Hashable {
    var kind: KernelRow.Kind
    var text: [String]
    var fixed: [Int?]
    var varies: Int
  }

  private static func inversions(_ rows: [KernelRow]) -> [String] {
    var order: [Series] = []
    var members: [Series: [(size: Int, row: KernelRow)]] = [:]
    for row in rows {
      for (series, size) in series(of: row) {
        if members[series] == nil { order.append(series) }
        members[series, default: []].append((size, row))
      }
    }
    var found: [(low: KernelRow, high: KernelRow)] = []
    for series in order {
      let sorted = (members[series] ?? []).sorted { $0.size < $1.size }
      for (low, high) in zip(sorted, sorted.dropFirst()) {
        let allowed = 1 - max(noise, low.row.spread ?? 0, high.row.spread ?? 0)
        if high.row.time.value < allowed * low.row.time.value { found.append((low.row, high.row)) }
      }
    }
    guard let first = found.first else { return [] }
    return [
      "\(found.count) pairs of kernels where more work takes less time beyond noise, for example "
        + "\(text(first.high)) against \(text(first.low))"
    ]
  }

  /// The series a row belongs to: one for each size that may vary.
  private static func series(of row: KernelRow) -> [(Series, Int)] {
    let text = [row.operation, row.pass?.rawValue ?? "", row.format?.rawValue ?? "", row.layout]
    let sizes: [Int?]
    switch row.kind {
    case .gemm, .groupedGEMM: sizes = [row.batch, row.m, row.n, row.k]
    case .attention where row.queries == row.keys:
      sizes = [row.batch, row.heads, row.keyValueHeads, row.headDimension, row.isCausal == true ? 1 : 0, row.keys]
    case .elementwise: sizes = [row.width, row.bytes.map { Int($0) }]
    case .attention, .copy, .launch, .overlap: return []
    }
    return sizes.indices.compactMap { index in
      guard let size = sizes[index], !(row.kind == .elementwise && index == 0) else { return nil }
      var fixed = sizes
      fixed[index] = nil
      return (Series(kind: row.kind, text: text, fixed: fixed, varies: index), size)
    }
  }

  private static func text(_ row: KernelRow) -> String {
    let sizes = [row.batch, row.m, row.n, row.k, row.heads, row.keys, row.headDimension, row.width].compactMap { $0 }
    let bytes = row.bytes.map { ["\($0) B"] } ?? []
    let time = "\((row.time.value * 1e8).rounded() / 100) us"
    return "\(row.kind.rawValue) \(row.operation) "
      + (sizes.map { "\($0)" } + bytes).joined(separator: " x ") + " (\(time))"
  }

  /// Classes without a row.
  private static func holes(_ rows: [KernelRow]) -> [String] {
    func has(_ kind: KernelRow.Kind, _ pass: KernelPass) -> Bool {
      rows.contains { $0.kind == kind && $0.pass == pass }
    }
    let wanted: [(KernelRow.Kind, [KernelPass])] = [
      (.gemm, [.forward, .inputGradient, .weightGradient]), (.attention, [.forward, .backward]),
      (.elementwise, [.forward, .backward]),
    ]
    let missing = wanted.flatMap { kind, passes in
      passes.filter { !has(kind, $0) }.map { "\(kind.rawValue) \($0.rawValue)" }
    }
    let operators = MemoryOperator.allCases.filter { operation in
      operation != .other && !rows.contains { $0.kind == .elementwise && $0.operation == operation.rawValue }
    }.map(\.rawValue)
    return (missing.isEmpty ? [] : ["no rows of " + missing.joined(separator: ", ")])
      + (operators.isEmpty ? [] : ["no elementwise rows of " + operators.joined(separator: ", ")])
  }
}
