import Hardware
import Quantities

/// How one implementation of fused attention uses a GPU.
public struct AttentionTraits: Hashable, Sendable {
  /// Fraction of the peak that the products of the forward pass reach, the softmax columns counted as products; above 1
  /// where kernels overlap the two.
  public var forward: Double
  /// The same of the backward pass.
  public var backward: Double
  /// Softmax of a score, in columns of a head that would take as long on the tensor cores.
  public var softmaxColumns: Double
  /// What starting and ending a block of rows costs, in keys.
  public var keyPrologue: Double
  /// The part of the longest block of rows that runs when the other processors have finished.
  public var tail: Double

  /// Describes an implementation.
  public init(forward: Double, backward: Double, softmaxColumns: Double, keyPrologue: Double, tail: Double) {
    self.forward = forward
    self.backward = backward
    self.softmaxColumns = softmaxColumns
    self.keyPrologue = keyPrologue
    self.tail = tail
  }
}

/// The few constants with which the kernels of a GPU depart from its peak rates.
public struct KernelTraits: Hashable, Sendable {
  /// Fraction of the tensor-core peak inside a full tile, before power limits the clock.
  public var tensor: Double
  /// The same for products without tensor cores (fp32 of chips without tf32).
  public var scalar: Double
  /// Clock that power allows for long, over the clock of the first moments.
  public var sustainedClock: Double
  /// How long a kernel runs at the higher clock.
  public var burst: Seconds
  /// Fused attention.
  public var attention: AttentionTraits
  /// Ramp-up, epilogue and drain of a product, beyond the launch gap.
  public var productRamp: Seconds
  /// Fraction of the memory bandwidth at which products stream their operands.
  public var operandBandwidth: Double

  /// Describes a GPU.
  public init(
    tensor: Double, scalar: Double, sustainedClock: Double, burst: Seconds, attention: AttentionTraits,
    productRamp: Seconds = .microseconds(3.5), operandBandwidth: Double = 0.79
  ) {
    self.tensor = tensor
    self.scalar = scalar
    self.sustainedClock = sustainedClock
    self.burst = burst
    self.attention = attention
    self.productRamp = productRamp
    self.operandBandwidth = operandBandwidth
  }

  /// A GPU that reaches its peaks: what measured efficiencies are fractions of.
  public static let ideal = KernelTraits(
    tensor: 1, scalar: 1, sustainedClock: 1, burst: .zero,
    attention: AttentionTraits(forward: 1, backward: 1, softmaxColumns: 25, keyPrologue: 190, tail: 1),
    operandBandwidth: 1)
}

extension DeviceSpec {
  /// Whether products in a format run on the scalar units: fp32 always, tf32 where the chip has none.
  func isScalar(_ format: NumberFormat) -> Bool {
    format == .fp32 || (format == .tf32 && peak[.tf32] == nil)
  }
}
