import Hardware
import Quantities
import Workload

/// What one kernel costs on one device when nothing else runs there.
public protocol CostModel: Sendable {
  /// Catalogue name, for example `roofline`.
  var name: String { get }

  /// The kernel's time from its start to its end, launch gap included, and what that time rests on.
  ///
  /// - Precondition: the device has the kernel's number format.
  func price(of kernel: Kernel) -> KernelPrice
}

extension CostModel {
  /// The time of ``price(of:)`` alone.
  public func duration(of kernel: Kernel) -> Seconds { price(of: kernel).duration }
}

/// The roofline (Williams, Waterman, Patterson, CACM 52(4), 2009): a kernel is as slow as the slower of its arithmetic
/// and its memory traffic, each at the fraction of the peak that work of that size reaches, and never shorter than the
/// gap between two kernel launches.
public struct RooflineCostModel: CostModel {
  /// The device whose peaks and efficiency curves are used.
  public let device: DeviceSpec

  /// Prices kernels on a device.
  public init(device: DeviceSpec) { self.device = device }

  /// `roofline`.
  public var name: String { "roofline" }

  /// `max(operations / (peak e), traffic / (bandwidth e'), launch gap)`, derived from peaks and curves.
  public func price(of kernel: Kernel) -> KernelPrice {
    KernelPrice(
      duration: max(arithmeticTime(kernel), memoryTime(kernel), device.kernelOverhead), basis: .derived)
  }

  private func arithmeticTime(_ kernel: Kernel) -> Seconds {
    let operations = kernel.operations.count
    guard operations > 0, let peak = device.peak(for: kernel.format) else { return .zero }
    let fraction =
      switch kernel.kind {
      case .gemm: device.gemmEfficiency.fraction(at: operations)
      case .attention: device.attentionEfficiency.fraction(at: operations)
      case .memoryBound: 1.0
      }
    return kernel.operations / (fraction * peak)
  }

  private func memoryTime(_ kernel: Kernel) -> Seconds {
    guard kernel.traffic > .zero else { return .zero }
    let fraction = device.memoryEfficiency.fraction(at: Double(kernel.traffic.count))
    return kernel.traffic / (fraction * device.memoryBandwidth)
  }
}

extension DeviceSpec {
  /// The peak rate for a number format; tf32 runs as fp32 on chips without it, any other missing format is `nil`.
  public func peak(for format: NumberFormat) -> ComputeRate? {
    switch format {
    case .fp32: peak[.fp32]
    case .tf32: peak[.tf32] ?? peak[.fp32]
    case .fp16: peak[.fp16]
    case .bf16: peak[.bf16]
    case .fp8: peak[.fp8]
    }
  }
}

extension EfficiencyCurve {
  /// The fraction at a size: linear in log2(size) between points, flat outside.
  public func fraction(at size: Double) -> Double {
    guard let first = points.first, let last = points.last else { return 1 }
    if size <= first.size { return first.fraction }
    if size >= last.size { return last.fraction }
    var low = 0
    var high = points.count - 1
    while high - low > 1 {
      let middle = (low + high) / 2
      if points[middle].size <= size { low = middle } else { high = middle }
    }
    let (left, right) = (points[low], points[high])
    let position = (logarithm2(size) - logarithm2(left.size)) / (logarithm2(right.size) - logarithm2(left.size))
    return left.fraction + position * (right.fraction - left.fraction)
  }
}
