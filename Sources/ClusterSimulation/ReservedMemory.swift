import Quantities

extension MemoryPeak {
  /// Bytes of tensors at the peak: everything but driver, runtime and kernels.
  public var allocated: Bytes { bytes - context }

  /// Driver, runtime and kernels.
  public var context: Bytes { Bytes(byCategory[Int(MemoryCategory.context.rawValue)]) }
}
