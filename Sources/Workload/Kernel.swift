import Quantities

/// What a kernel does, as far as its speed depends on it.
public enum KernelKind: Hashable, Sendable {
  /// `batch` independent products of an `m x k` by a `k x n` matrix.
  case gemm(m: Int, n: Int, k: Int, batch: Int)
  /// Fused attention over `batch` sequences and `heads` heads of the rank.
  case attention(AttentionShape)
  /// Reads and writes memory with little arithmetic: norms, activations, residuals, casts, embedding look-ups.
  case memoryBound(MemoryShape)
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
  /// Width of a value head.
  public let valueDimension: Int
  /// Key and value heads of this rank: fewer than ``heads`` with grouped queries.
  public let keyValueHeads: Int
  /// Whether masked scores are skipped.
  public let isCausal: Bool

  /// Describes a kernel; every count is at least one.
  public init(
    batch: Int, heads: Int, queries: Int, keys: Int, headDimension: Int, isCausal: Bool, valueDimension: Int? = nil,
    keyValueHeads: Int? = nil
  ) {
    self.batch = batch
    self.heads = heads
    self.queries = queries
    self.keys = keys
    self.headDimension = headDimension
    self.isCausal = isCausal
    self.valueDimension = valueDimension ?? headDimension
    self.keyValueHeads = keyValueHeads ?? heads
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
  /// Which pass it belongs to.
  public let pass: KernelPass

  /// Describes a kernel.
  public init(
    kind: KernelKind, operations: FloatingPointOperations, traffic: Bytes, format: NumberFormat,
    pass: KernelPass = .forward
  ) {
    self.kind = kind
    self.operations = operations
    self.traffic = traffic
    self.format = format
    self.pass = pass
  }

  /// A dense matrix product: `2 m n k batch` operations; both inputs read and the output written once.
  public static func gemm(
    m: Int, n: Int, k: Int, batch: Int = 1, format: NumberFormat, pass: KernelPass = .forward
  ) -> Kernel {
    let elements =
      Bytes.product(batch, m, k).count + Bytes.product(batch, k, n).count + Bytes.product(batch, m, n).count
    return Kernel(
      kind: .gemm(m: m, n: n, k: k, batch: batch),
      operations: FloatingPointOperations(2 * Double(m) * Double(n) * Double(k) * Double(batch)),
      traffic: .product(Int(elements), Int(format.bytesPerElement)), format: format, pass: pass)
  }

  /// Fused attention: two products forward, five backward, over the visible pairs (half of all under a causal mask, the
  /// convention of the FlashAttention papers); queries, keys, values and output are moved once forward, twice backward.
  public static func attention(_ shape: AttentionShape, format: NumberFormat, pass: KernelPass = .forward) -> Kernel {
    let (wide, narrow) = (Double(shape.headDimension), Double(shape.valueDimension))
    let pairs = Double(shape.queries) * Double(shape.keys) * (shape.isCausal ? 0.5 : 1)
    let width = pass == .forward ? 2 * (wide + narrow) : 2 * (3 * wide + 2 * narrow)
    let columns = shape.headDimension + shape.valueDimension
    let moved =
      Bytes.product(shape.batch, shape.heads, shape.queries, columns)
      + Bytes.product(shape.batch, shape.keyValueHeads, shape.keys, columns)
    return Kernel(
      kind: .attention(shape),
      operations: FloatingPointOperations(Double(shape.batch) * Double(shape.heads) * pairs * width),
      traffic: .product(Int(moved.count), Int(format.bytesPerElement), pass == .forward ? 1 : 2), format: format,
      pass: pass)
  }

  /// A kernel whose time is its memory traffic.
  public static func memoryBound(
    _ operation: MemoryOperator = .other, width: Int = 0, traffic: Bytes, format: NumberFormat,
    pass: KernelPass = .forward
  ) -> Kernel {
    Kernel(
      kind: .memoryBound(MemoryShape(operation, width: width)), operations: .zero, traffic: traffic, format: format,
      pass: pass)
  }
}
