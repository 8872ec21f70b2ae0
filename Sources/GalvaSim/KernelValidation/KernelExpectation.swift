import Hardware
import Quantities
import Workload

/// What a row of a table of measurements says: something that was timed, and how long it took.
struct KernelExpectation {
  /// What was timed.
  enum Subject {
    /// Kernels that run one after the other on a GPU; the second part names the implementation of attention.
    case kernels(DeviceSpec, [Kernel], attention: String)
    /// A collective of the first ranks of a cluster.
    case collective(Cluster, CollectiveCall, ranks: Int, isRing: Bool)
    /// Nothing that can be predicted; why.
    case unknown(String)
  }

  /// The GPU as the row names it.
  var gpu: String
  /// `gemm`, `grouped_gemm`, `attention`, `elementwise`, `collective`.
  var kind: String
  /// Microseconds; `nil` when the row says neither a time nor a rate.
  var measured: Double?
  /// What was timed.
  var subject: Subject
  /// Whether launch, ramp and unfilled waves are small: at least one block for each multiprocessor, and 25 us of
  /// arithmetic at the peak, ten times a launch.
  var isLarge = false
}

extension KernelExpectation {
  /// Least arithmetic of a large kernel, at the peak rate.
  static let largeTime = Seconds.microseconds(25)

  /// Whether kernels count as large on a device.
  static func isLarge(_ kernels: [Kernel], on device: DeviceSpec) -> Bool {
    kernels.allSatisfy { kernel in
      guard let peak = device.peak(for: kernel.format), kernel.operations / peak >= largeTime else { return false }
      let blocks: Double
      switch kernel.kind {
      case .gemm(let m, let n, _, let batch):
        blocks = (Double(m) / 128).rounded(.up) * (Double(n) / 128).rounded(.up) * Double(batch)
      case .attention(let shape):
        blocks = Double(shape.batch) * Double(shape.heads) * (Double(shape.queries) / 128).rounded(.up)
      case .memoryBound: return false
      }
      return blocks >= Double(device.multiprocessors)
    }
  }
}
