import Quantities

extension MemoryPeak {
  /// Bytes of tensors at the peak: everything but driver, runtime and kernels.
  public var allocated: Bytes { bytes - context }

  /// Bytes the framework's allocator holds at the peak: tensors in whole 2 MiB segments.
  ///
  /// The granularity of PyTorch's large pool (`kLargeBuffer` segments are multiples of 2 MiB); fragmentation is not
  /// modelled here.
  public var reserved: Bytes { allocated.roundedUp(toMultipleOf: 2 << 20) }

  /// Driver, runtime and kernels.
  public var context: Bytes { Bytes(byCategory[Int(MemoryCategory.context.rawValue)]) }
}
