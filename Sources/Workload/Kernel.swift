import Quantities

/// What a kernel does, as far as its speed depends on it.
public enum KernelKind: Hashable, Sendable {
  /// `batch` independent products of an `m x k` by a `k x n` matrix.
  case gemm(m: Int, n: Int, k: Int, batch: Int)
  /// Fused attention over `batch` sequences and `heads` heads of the rank.
  case attention(AttentionShape)
  /// Reads and writes memory with little arithmetic: norms, activations, residuals, casts, embedding look-ups.
  case memoryBound
}

/// The shape of one fused (flash) attention kernel on one rank.
public struct AttentionShape: Hashable, Sendable {
  /// Sequences.
  public let batch: Int
  /// Query heads of this rank.
  public let heads: Int
  /// Query positions of each sequence.
  public let queries: Int
  /// Key positions of each sequence.
  public let keys: Int
  /// Width of a query or key head.
  public let headDimension: Int
  /// Whether masked scores are skipped.
  public let isCausal: Bool

  /// Describes a kernel; every count is at least one.
  public init(batch: Int, heads: Int, queries: Int, keys: Int, headDimension: Int, isCausal: Bool) {
    self.batch = batch
    self.heads = heads
    self.queries = queries
    self.keys = keys
    self.headDimension = headDimension
    self.isCausal = isCausal
  }
}

/// One GPU kernel of one rank: what it computes and what it moves.
public struct Kernel: Hashable, Sendable {
  /// The shape that decides which efficiency applies.
  public let kind: KernelKind
  /// Floating-point operations, per rank; a multiply-add counts as two.
  public let operations: FloatingPointOperations
  /// Bytes read from and written to device memory, per rank.
  public let traffic: Bytes
  /// Arithmetic of the kernel.
  public let format: NumberFormat

  /// Describes a kernel.
  public init(kind: KernelKind, operations: FloatingPointOperations, traffic: Bytes, format: NumberFormat) {
    self.kind = kind
    self.operations = operations
    self.traffic = traffic
    self.format = format
  }

  /// A dense matrix product: `2 m n k batch` operations; both inputs read and the output written once.
  public static func gemm(m: Int, n: Int, k: Int, batch: Int = 1, format: NumberFormat) -> Kernel {
    let elements =
      Bytes.product(batch, m, k).count + Bytes.product(batch, k, n).count + Bytes.product(batch, m, n).count
    return Kernel(
      kind: .gemm(m: m, n: n, k: k, batch: batch),
      operations: FloatingPointOperations(2 * Double(m) * Double(n) * Double(k) * Double(batch)),
      traffic: .product(Int(elements), Int(format.bytesPerElement)), format: format)
  }

  /// A kernel whose time is its memory traffic.
  public static func memoryBound(traffic: Bytes, format: NumberFormat) -> Kernel {
    Kernel(kind: .memoryBound, operations: .zero, traffic: traffic, format: format)
  }
}
