import Hardware
import Quantities
import Workload

/// A physical model of the kernels of a training step on one GPU: tiles and waves for products and fused attention,
/// launch and bandwidth for the rest.
///
/// With the constants of a GPU it makes the tables of devices nobody measured; with ``KernelTraits/ideal`` it is the time
/// that measured efficiencies are fractions of.
public struct KernelModel: Hashable, Sendable {
  /// The GPU.
  public let device: DeviceSpec
  /// How its kernels depart from the peaks.
  public let traits: KernelTraits

  /// Models a GPU.
  public init(device: DeviceSpec, traits: KernelTraits) {
    self.device = device
    self.traits = traits
  }

  /// From the start to the end of a kernel, launch gap included.
  ///
  /// - Precondition: the device has the kernel's number format.
  public func duration(of kernel: Kernel) -> Seconds {
    switch kernel.kind {
    case .gemm(let m, let n, let k, let batch):
      ProductModel(self, format: kernel.format)
        .duration(m: m, n: n, k: k, batch: batch, accumulates: kernel.pass == .weightGradient)
    case .attention(let shape): attentionDuration(kernel, shape)
    case .memoryBound: memoryDuration(kernel)
    }
  }

  /// Time the higher clock does not save: beyond the burst a kernel runs at the sustained clock.
  func throttled(_ time: Seconds) -> Seconds {
    guard time > traits.burst else { return time }
    return traits.burst + (1 / traits.sustainedClock) * (time - traits.burst)
  }

  /// `launch + traffic / (bandwidth e(traffic))` with the fraction of the device's curve at that size.
  private func memoryDuration(_ kernel: Kernel) -> Seconds {
    let size = Double(max(1, kernel.traffic.count))
    let fraction = device.memoryEfficiency.fraction(at: size)
    return max(kernel.traffic / (fraction * device.memoryBandwidth), device.kernelOverhead)
  }
}

extension KernelModel {
  /// Rows of queries one block works on.
  static let attentionRows = 128.0

  /// Blocks of 128 query rows spread over the multiprocessors; a block walks its visible keys. The softmax of a score
  /// takes as long as some more columns of a head; the longest block ends last, alone.
  private func attentionDuration(_ kernel: Kernel, _ shape: AttentionShape) -> Seconds {
    guard let peak = device.peak(for: kernel.format) else { return .zero }
    let own = traits.attention
    let (wide, narrow) = (Double(shape.headDimension), Double(shape.valueDimension))
    let isForward = kernel.pass == .forward
    let width = isForward ? 2 * (wide + narrow) : 2 * (3 * wide + 2 * narrow)
    let heads = Double(shape.batch) * Double(shape.heads)
    let queries = Double(shape.queries)
    let visible = kernel.operations.count / (heads * queries * width)
    let blocks = heads * (queries / Self.attentionRows).rounded(.up)
    let edge = shape.isCausal ? Self.attentionRows / 2 : 0
    let longest = shape.isCausal ? min(Double(shape.keys), 2 * visible) : visible
    let keys =
      blocks * (visible + edge + own.keyPrologue) / Double(device.multiprocessors) + own.tail * longest
    let columns = width + (isForward ? 4 : 10) * own.softmaxColumns
    let operations = FloatingPointOperations(Self.attentionRows * keys * columns)
    let rate = (isForward ? own.forward : own.backward) / Double(device.multiprocessors) * peak
    return device.kernelOverhead + max(operations / rate, memoryFloor(kernel))
  }

  /// The kernel's traffic at the full bandwidth.
  private func memoryFloor(_ kernel: Kernel) -> Seconds { kernel.traffic / device.memoryBandwidth }
}
