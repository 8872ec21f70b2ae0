/// A number format of a tensor or of the arithmetic on it.
public enum NumberFormat: String, CaseIterable, Hashable, Sendable {
  /// IEEE single precision.
  case fp32
  /// Single-precision storage, 19-bit tensor-core arithmetic.
  case tf32
  /// IEEE half precision.
  case fp16
  /// Brain floating point.
  case bf16
  /// Eight-bit floating point (E4M3 or E5M2).
  case fp8

  /// Bytes one stored element takes.
  public var bytesPerElement: Int64 {
    switch self {
    case .fp32, .tf32: 4
    case .fp16, .bf16: 2
    case .fp8: 1
    }
  }
}
