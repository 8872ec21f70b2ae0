import Quantities
import Workload

extension ProfilerTrace.Operation {
  /// Number format of a tensor by the profiler's words; `nil` for types that are not trained with.
  private func format(_ index: Int) -> NumberFormat? {
    guard types.indices.contains(index) else { return nil }
    switch types[index] {
    case "c10::BFloat16": return .bf16
    case "c10::Half": return .fp16
    case "float": return .fp32
    case let type where type.hasPrefix("c10::Float8"): return .fp8
    default: return nil
    }
  }

  private func shape(_ index: Int, rank: Int) -> [Int]? {
    guard shapes.indices.contains(index), shapes[index].count == rank, shapes[index].allSatisfy({ $0 > 0 }) else {
      return nil
    }
    return shapes[index]
  }

  /// The kernel this operator stands for; `nil` for operators that tables do not know.
  ///
  /// - Parameter forwardRows: Rows of the products of the forward pass: a backward product whose inner size is one of
  ///   them sums over tokens, hence is a weight gradient.
  func kernel(forwardRows: Set<Int>) -> Kernel? {
    switch name {
    case "aten::mm": product(first: 0, rank: 2, forwardRows)
    case "aten::addmm": product(first: 1, rank: 2, forwardRows)
    case "aten::bmm": product(first: 0, rank: 3, forwardRows)
    case "aten::baddbmm": product(first: 1, rank: 3, forwardRows)
    default: isAttention ? attention : memoryBound
    }
  }

  /// Rows of the product, of which the forward pass has as many as tokens.
  var productRows: Int? {
    switch name {
    case "aten::mm": shape(0, rank: 2)?[0]
    case "aten::addmm": shape(1, rank: 2)?[0]
    default: nil
    }
  }

  private func product(first: Int, rank: Int, _ forwardRows: Set<Int>) -> Kernel? {
    guard let left = shape(first, rank: rank), let right = shape(first + 1, rank: rank), let format = format(first),
      left[rank - 1] == right[rank - 2]
    else { return nil }
    let inner = left[rank - 1]
    let pass: KernelPass =
      isBackward ? (rank == 2 && forwardRows.contains(inner) ? .weightGradient : .inputGradient) : .forward
    return .gemm(
      m: left[rank - 2], n: right[rank - 1], k: inner, batch: rank == 3 ? left[0] : 1, format: format, pass: pass)
  }

  private var isAttention: Bool { name.hasPrefix("aten::_scaled_dot_product_") }

  /// Word of kernel tables for the implementation.
  var attentionName: String {
    if name.contains("cudnn") { return "cudnn" }
    return name.contains("efficient") ? "efficient" : "flash"
  }

  /// Inputs are `[batch, heads, positions, width]`; the backward pass has the gradient of the output before them.
  private var attention: Kernel? {
    let first = isBackward ? 1 : 0
    guard let query = shape(first, rank: 4), let key = shape(first + 1, rank: 4), let value = shape(first + 2, rank: 4),
      let format = format(first)
    else { return nil }
    let shape = AttentionShape(
      batch: query[0], heads: query[1], queries: query[2], keys: key[2], headDimension: query[3],
      isCausal: constants.contains("True"), valueDimension: value[3], keyValueHeads: key[1])
    return .attention(shape, format: format, pass: isBackward ? .backward : .forward)
  }

  /// Kernels that read some tensors of the first input's size and write some.
  private var memoryBound: Kernel? {
    let known: [String: (MemoryOperator, Int)] = [
      "aten::native_layer_norm": (.layerNorm, 2), "aten::native_layer_norm_backward": (.layerNorm, 3),
      "aten::_fused_rms_norm": (.rmsNorm, 2), "aten::_fused_rms_norm_backward": (.rmsNorm, 3),
      "aten::_softmax": (.softmax, 2), "aten::_softmax_backward_data": (.softmax, 3), "aten::gelu": (.gelu, 2),
      "aten::gelu_backward": (.gelu, 3), "aten::native_dropout": (.dropoutAdd, 2), "aten::add": (.add, 3),
      "aten::add_": (.add, 3), "aten::copy_": (.cast, 2),
    ]
    guard let (operation, tensors) = known[name], let format = format(0), let size = shapes.first, !size.isEmpty else {
      return nil
    }
    let elements = size.reduce(Int64(1)) { $0.multipliedReportingOverflow(by: Int64(max(0, $1))).partialValue }
    guard elements > 0, elements < 1 << 44 else { return nil }
    let reduces = [.layerNorm, .rmsNorm, .softmax].contains(operation)
    return .memoryBound(
      operation, width: reduces ? size[size.count - 1] : 0,
      traffic: Bytes(elements * Int64(tensors) * format.bytesPerElement), format: format,
      pass: isBackward ? .backward : .forward)
  }
}
