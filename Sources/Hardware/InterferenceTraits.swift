/// How much a kernel and a collective slow each other down on a GPU.
public struct InterferenceTraits: Hashable, Sendable {
  /// Time of a kernel beside a collective over its time alone; at least 1.
  public let kernel: Double
  /// Time of a collective beside kernels over its time alone; at least 1.
  public let collective: Double

  /// Describes a GPU.
  ///
  /// - Precondition: both are finite and at least 1.
  public init(kernel: Double, collective: Double) {
    precondition(kernel >= 1 && collective >= 1 && kernel.isFinite && collective.isFinite, "nothing gets faster")
    self.kernel = kernel
    self.collective = collective
  }

  /// Whether anything is slowed down at all.
  public var isSlow: Bool { kernel > 1 || collective > 1 }
}
