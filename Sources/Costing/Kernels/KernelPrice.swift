import Quantities

/// What the time of a kernel rests on.
public enum KernelBasis: UInt8, CaseIterable, Hashable, Sendable {
  /// A measured kernel of the very same shape.
  case measured = 0
  /// Measured kernels around it.
  case interpolated
  /// Measured kernels of the class, all of them to one side of it.
  case extrapolated
  /// Peak rates and what was measured on other devices.
  case derived

  /// Name for people and files, for example `measured`.
  public var name: String {
    switch self {
    case .measured: "measured"
    case .interpolated: "interpolated"
    case .extrapolated: "extrapolated"
    case .derived: "derived"
    }
  }
}

/// What a cost model says of a kernel.
public struct KernelPrice: Hashable, Sendable {
  /// From its start to its end, launch gap included.
  public let duration: Seconds
  /// What the duration rests on.
  public let basis: KernelBasis

  /// Makes a price.
  public init(duration: Seconds, basis: KernelBasis) {
    self.duration = duration
    self.basis = basis
  }
}
