import Hardware
import Quantities
import Workload

/// What one class of operators of a table covers, and how much of the device it uses.
public struct KernelCoverage: Hashable, Sendable {
  /// The class: kind, operator, pass and format.
  public let name: String
  /// Timed kernels.
  public let count: Int
  /// Least and greatest time.
  public let times: ClosedRange<Seconds>
  /// Least and greatest work: operations, or bytes of kernels bound by memory; `nil` for launches.
  public let work: ClosedRange<Double>?
  /// Whether ``work`` and the fractions count bytes against the memory bandwidth.
  public let countsBytes: Bool
  /// Median of the fraction of the peak that is reached; `nil` where the device is unknown.
  public let medianFraction: Double?
  /// Best fraction of the peak.
  public let bestFraction: Double?
}

extension KernelTable {
  /// Coverage of each class of operators, in the order of the rows.
  public func coverage(on device: DeviceSpec?) -> [KernelCoverage] {
    var order: [String] = []
    var members: [String: [KernelRow]] = [:]
    for row in rows {
      let name = [row.kind.rawValue, row.operation, row.pass?.rawValue ?? "", row.format?.rawValue ?? ""]
        .filter { !$0.isEmpty }.joined(separator: " ")
      if members[name] == nil { order.append(name) }
      members[name, default: []].append(row)
    }
    return order.compactMap { name in members[name].flatMap { Self.coverage(name, $0, device) } }
  }

  private static func coverage(_ name: String, _ rows: [KernelRow], _ device: DeviceSpec?) -> KernelCoverage? {
    let times = rows.map(\.time)
    guard let least = times.min(), let most = times.max(), let first = rows.first else { return nil }
    let countsBytes = first.kind == .elementwise || first.kind == .copy
    let works = rows.compactMap { row -> Double? in
      countsBytes ? row.bytes.map { Double($0) } : row.kernel?.operations.count
    }
    let fractions = zip(rows, works).compactMap { row, work -> Double? in
      guard works.count == rows.count, let device else { return nil }
      let peak =
        countsBytes
        ? device.memoryBandwidth.bytesPerSecond : row.format.flatMap { device.peak(for: $0)?.operationsPerSecond }
      return peak.map { work / row.time.value / $0 }
    }.sorted()
    let range = works.min().flatMap { low in works.max().map { low...$0 } }
    return KernelCoverage(
      name: name, count: rows.count, times: least...most, work: range, countsBytes: countsBytes,
      medianFraction: fractions.isEmpty ? nil : fractions[fractions.count / 2], bestFraction: fractions.last)
  }
}
