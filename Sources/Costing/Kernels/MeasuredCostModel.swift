import Hardware
import Quantities
import Workload

/// Prices kernels by a table of timed ones.
///
/// A kernel of the table costs what was timed. Any other costs the time a device that reaches its peaks would take,
/// waves of tiles included (``KernelModel`` with ``KernelTraits/ideal``), over the efficiency that
/// ``EfficiencySurface`` finds between the timed kernels of its class. Outside them the nearest efficiency holds.
/// Nothing is faster than the peak or shorter than a launch; classes a table has nothing of are rooflines.
public struct MeasuredCostModel: CostModel, Hashable {
  /// The GPU.
  public let device: DeviceSpec
  /// The timed kernels.
  public let table: KernelTable
  private let ideal: KernelModel
  private let exact: [ExactKernel: Seconds]
  private let surfaces: [KernelPlace.Group: EfficiencySurface]
  private let launch: Seconds

  /// What makes two kernels the same call.
  private struct ExactKernel: Hashable, Sendable {
    var kind: KernelKind
    var format: NumberFormat
    var pass: KernelPass
    /// Bytes of a kernel bound by memory, operations of attention: what a mask or a window leaves of its shape.
    var size: Double

    init(_ kernel: Kernel) {
      (kind, format, pass) = (kernel.kind, kernel.format, kernel.pass)
      size =
        switch kernel.kind {
        case .gemm: 0
        case .attention: kernel.operations.count
        case .memoryBound: Double(kernel.traffic.count)
        }
      if case .memoryBound = kernel.kind { format = .fp32 }
    }
  }

  /// Prepares a table for a device; rows in formats the device has not, and implementations of attention other than
  /// `attention`, are left out.
  ///
  /// - Parameter attention: Which implementation of fused attention counts.
  public init(device: DeviceSpec, table: KernelTable, attention: String = "flash") {
    self.device = device
    self.table = table
    let ideal = KernelModel(device: device, traits: .ideal)
    var exact: [ExactKernel: Seconds] = [:]
    var points: [KernelPlace.Group: [EfficiencySurface.Point]] = [:]
    for row in table.rows where row.kind != .attention || row.operation == attention {
      guard let kernel = row.kernel, device.peak(for: kernel.format) != nil else { continue }
      let place = KernelPlace(kernel)
      let work = logarithm2(ideal.duration(of: kernel).value)
      points[place.group, default: []].append(
        EfficiencySurface.Point(
          coordinates: place.coordinates, work: work, ratio: logarithm2(row.time.value) - work))
      if exact[ExactKernel(kernel)] == nil { exact[ExactKernel(kernel)] = row.time }
    }
    self.ideal = ideal
    self.exact = exact
    surfaces = points.compactMapValues { EfficiencySurface($0) }
    launch = table.rows.first { $0.kind == .launch && $0.operation == "stream" }?.time ?? device.kernelOverhead
  }

  /// `table`.
  public var name: String { "table" }

  /// The timed, interpolated or scaled time; never faster than the peak, never shorter than a launch.
  public func price(of kernel: Kernel) -> KernelPrice {
    if let time = exact[ExactKernel(kernel)] { return price(time, .measured) }
    let place = KernelPlace(kernel)
    let own = surfaces[place.group]
    guard let surface = own ?? place.substitutes.lazy.compactMap({ surfaces[$0] }).first else {
      return RooflineCostModel(device: device).price(of: kernel)
    }
    let base = max(ideal.duration(of: kernel), .nanoseconds(1))
    let work = logarithm2(base.value)
    let ratio = surface.ratio(at: place.coordinates, work: work)
    let isEnclosed = own != nil && surface.encloses(place.coordinates, work: work)
    let time = exponential(min(max(ratio, -20), 20) * 0.693_147_180_559_945_3) * base
    return price(max(time, peakTime(kernel), launch), isEnclosed ? .interpolated : .extrapolated)
  }

  /// Times of a derived table are derived, however near they are.
  private func price(_ time: Seconds, _ basis: KernelBasis) -> KernelPrice {
    KernelPrice(duration: time, basis: table.origin == .derived ? .derived : basis)
  }

  private func peakTime(_ kernel: Kernel) -> Seconds {
    device.peak(for: kernel.format).map { kernel.operations / $0 } ?? .zero
  }

  /// Equal when device and table are.
  public static func == (left: MeasuredCostModel, right: MeasuredCostModel) -> Bool {
    left.device.name == right.device.name && left.table == right.table
  }

  /// Hashes the table's head.
  public func hash(into hasher: inout Hasher) { hasher.combine(table) }
}
