import Quantities
import Workload

/// One timed call of a kernel table.
public struct KernelRow: Hashable, Sendable {
  /// What was timed.
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    /// A matrix product.
    case gemm
    /// Several products of one shape in one call.
    case groupedGEMM = "grouped_gemm"
    /// Attention over whole sequences.
    case attention
    /// A kernel bound by memory.
    case elementwise
    /// A copy between memories.
    case copy
    /// An empty kernel, one of many back to back.
    case launch
    /// A product while something else runs.
    case overlap
  }

  /// What was timed.
  public var kind: Kind
  /// The operator or implementation, one of the words of the format: `matmul`, `flash`, `rms_norm`, `d2d`, `stream`.
  public var operation: String
  /// The pass; `nil` where it does not matter.
  public var pass: KernelPass?
  /// Arithmetic; `nil` where none is done.
  public var format: NumberFormat?
  /// Which operands are transposed, in cuBLAS's words: `TN`, `NN`, `NT`; empty where that does not matter.
  public var layout = ""
  /// Groups of a product, sequences of attention.
  public var batch: Int?
  /// Rows of the product that runs.
  public var m: Int?
  /// Columns of the product that runs.
  public var n: Int?
  /// Inner size of the product that runs.
  public var k: Int?
  /// Query heads.
  public var heads: Int?
  /// Key and value heads.
  public var keyValueHeads: Int?
  /// Query positions.
  public var queries: Int?
  /// Key positions.
  public var keys: Int?
  /// Width of a head.
  public var headDimension: Int?
  /// Whether later keys are masked.
  public var isCausal: Bool?
  /// Rows of an elementwise kernel.
  public var rows: Int?
  /// Elements of a row of an elementwise kernel.
  public var width: Int?
  /// Bytes read and written, at least; size of a copy.
  public var bytes: Int64?
  /// Time of one call; above zero.
  public var time: Seconds
  /// 90th less 10th percentile over the median.
  public var spread: Double?
  /// Timed repeats.
  public var repeats: Int?
  /// The product's time with nothing beside it (overlap).
  public var alone: Seconds?

  /// A row of which only the kind, the operator and the time are set.
  public init(kind: Kind, operation: String, time: Seconds) {
    self.kind = kind
    self.operation = operation
    self.time = time
  }

  /// The row of a kernel: what a table would call it.
  public init(_ kernel: Kernel, time: Seconds, implementation: String = "flash") {
    switch kernel.kind {
    case .gemm(let m, let n, let k, let batch):
      self.init(kind: batch > 1 ? .groupedGEMM : .gemm, operation: "matmul", time: time)
      (self.m, self.n, self.k, self.batch) = (m, n, k, batch)
      layout = Self.layout(kernel.pass)
    case .attention(let shape):
      self.init(kind: .attention, operation: implementation, time: time)
      (batch, heads, keyValueHeads) = (shape.batch, shape.heads, shape.keyValueHeads)
      (queries, keys, headDimension, isCausal) = (shape.queries, shape.keys, shape.headDimension, shape.isCausal)
    case .memoryBound(let shape):
      self.init(kind: .elementwise, operation: shape.operation.rawValue, time: time)
      if shape.width > 0 { width = shape.width }
      bytes = kernel.traffic.count
    }
    pass = kernel.pass
    format = kernel.format
  }

  private static func layout(_ pass: KernelPass) -> String {
    switch pass {
    case .forward, .backward: "TN"
    case .inputGradient: "NN"
    case .weightGradient: "NT"
    }
  }

  /// The kernel that was timed; `nil` for copies, launches, overlaps, and where a size is missing.
  public var kernel: Kernel? {
    guard let format else { return nil }
    switch kind {
    case .gemm, .groupedGEMM:
      guard let m, let n, let k else { return nil }
      return .gemm(m: m, n: n, k: k, batch: batch ?? 1, format: format, pass: pass ?? .forward)
    case .attention:
      guard let heads, let queries, let keys, let headDimension else { return nil }
      let shape = AttentionShape(
        batch: batch ?? 1, heads: heads, queries: queries, keys: keys, headDimension: headDimension,
        isCausal: isCausal ?? false, keyValueHeads: keyValueHeads)
      return .attention(shape, format: format, pass: pass ?? .forward)
    case .elementwise:
      guard let operation = MemoryOperator(rawValue: operation), let bytes else { return nil }
      return .memoryBound(
        operation, width: width ?? 0, traffic: Bytes(bytes), format: format, pass: pass ?? .forward)
    case .copy, .launch, .overlap: return nil
    }
  }
}
