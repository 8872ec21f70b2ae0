import Quantities

/// Appends operators and collectives in forward order.
struct ProgramBuilder {
  /// The rank's sizes.
  let shape: RankShape
  /// The program so far.
  private(set) var elements: [LayerElement] = []

  /// An empty program.
  init(_ shape: RankShape) { self.shape = shape }

  /// Appends an operator.
  mutating func compute(_ operation: Operator) { elements.append(.compute(operation)) }

  /// Appends a product with weights: `rows x inputs` by `inputs x outputs`, the rows spread over `batch` weights.
  ///
  /// Backward, the gradient of the input and that of the weights take one product of the same size each.
  mutating func linear(
    _ name: String, rows: Int, inputs: Int, outputs: Int, batch: Int = 1, saved: Bytes
  ) {
    func product(_ m: Int, _ n: Int, _ k: Int, _ pass: KernelPass) -> [Kernel] {
      [shape.weightProduct(m: m, n: n, k: k, batch: batch, rows: rows, inputs: inputs, outputs: outputs, pass: pass)]
    }
    let rowsEach = max(1, share(rows, of: batch))
    compute(
      Operator(
        name: name, forward: product(rowsEach, outputs, inputs, .forward),
        backwardInput: product(rowsEach, inputs, outputs, .inputGradient),
        backwardWeight: product(inputs, outputs, rowsEach, .weightGradient), savedBytes: saved))
  }

  /// Appends a kernel bound by memory: bytes moved in each pass; zero leaves the kernel out.
  mutating func memory(
    _ name: String, _ operation: MemoryShape = MemoryShape(.other), forward: Bytes, backward: Bytes,
    saved: Bytes = .zero, workspace: Bytes = .zero, recompute: RecomputeGroup = .ordinary
  ) {
    compute(
      Operator(
        name: name, forward: shape.memoryKernels(forward, operation),
        backwardInput: shape.memoryKernels(backward, operation, .backward),
        savedBytes: saved, workspaceBytes: workspace, recompute: recompute))
  }

  /// Appends a norm over the split tokens, which keeps its input.
  ///
  /// Forward reads and writes; backward reads the gradient, the input and the gradient of the residual branch and
  /// writes the sum. The gradients of gain and offset come out of the same pass.
  mutating func norm(_ name: String, _ kind: NormKind, rows: Int, width: Int, joinsResidual: Bool = true) {
    let size = shape.activation(rows, width)
    memory(
      name, MemoryShape(kind.memoryOperator, width: width), forward: 2 * size,
      backward: (joinsResidual ? 4 : 3) * size, saved: size)
  }

  /// Appends the dropout (when it runs) and addition that close a sub-layer; the mask takes a byte an element.
  mutating func residual(_ name: String, rows: Int, width: Int) {
    let size = shape.activation(rows, width)
    guard shape.shard.dropout else {
      return memory(name, MemoryShape(.add), forward: 3 * size, backward: .zero)
    }
    let mask = Bytes.product(rows, width)
    memory(
      name, MemoryShape(.dropoutAdd), forward: 3 * size + mask, backward: 2 * size + mask, saved: mask)
  }

  /// Appends a collective; without calls nothing is appended.
  mutating func collective(
    _ name: String, _ dimension: LayerDimension, forward: CollectiveCall?, backward: CollectiveCall?,
    feedsWeightGradient: Bool = false
  ) {
    guard forward != nil || backward != nil else { return }
    elements.append(
      .collective(
        LayerCollective(
          name: name, dimension: dimension, forward: forward, backward: backward,
          feedsWeightGradient: feedsWeightGradient)))
  }
}

extension RankShape {
  /// A product with weights whose operations are those of `rows`, whatever the rounding of its shape.
  fileprivate func weightProduct(
    m: Int, n: Int, k: Int, batch: Int, rows: Int, inputs: Int, outputs: Int, pass: KernelPass
  ) -> Kernel {
    let traffic =
      operand(rows, inputs) + operand(rows, outputs) + .product(batch, inputs, outputs, operandBytes)
    return Kernel(
      kind: .gemm(m: m, n: n, k: k, batch: batch),
      operations: FloatingPointOperations(2 * Double(rows) * Double(inputs) * Double(outputs)), traffic: traffic,
      format: format, pass: pass)
  }

  /// One kernel that moves `traffic`, or none.
  func memoryKernels(_ traffic: Bytes, _ shape: MemoryShape, _ pass: KernelPass = .forward) -> [Kernel] {
    guard traffic > .zero else { return [] }
    return [
      .memoryBound(shape.operation, width: shape.width, traffic: traffic, format: storage, pass: pass)
    ]
  }
}

extension NormKind {
  /// The kernel that computes it.
  var memoryOperator: MemoryOperator { self == .layerNorm ? .layerNorm : .rmsNorm }
}
