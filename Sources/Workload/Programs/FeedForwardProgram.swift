import Quantities

extension ProgramBuilder {
  /// Appends a dense network, without the sum over the tensor-parallel group that follows.
  ///
  /// - Parameter keepsInput: Whether the first product keeps its input; false when another operator already does.
  mutating func dense(_ spec: DenseSpec, hidden: Int, prefix: String, keepsInput: Bool = true) {
    let width = share(spec.width, of: shape.tensor)
    let input = keepsInput ? shape.operand(shape.splitTokens, hidden) : .zero
    enterTensor("\(prefix)_input", tokens: shape.tokens, width: hidden)
    linear(
      "\(prefix)_up", rows: shape.tokens, inputs: hidden, outputs: spec.isGated ? 2 * width : width, saved: input)
    regatherTensor("\(prefix)_input", tokens: shape.tokens, width: hidden)
    activation("\(prefix)_activation", rows: shape.tokens, width: width, isGated: spec.isGated)
    linear(
      "\(prefix)_down", rows: shape.tokens, inputs: width, outputs: hidden,
      saved: shape.operand(shape.tokens, width))
  }

  /// Appends the activation, which keeps its input. Gated: forward reads gate and value and writes one; backward reads
  /// three and writes two. Plain: one and one, two and one.
  mutating func activation(_ name: String, rows: Int, width: Int, isGated: Bool, alsoSaved: Bytes = .zero) {
    let size = shape.activation(rows, width)
    memory(
      name, MemoryShape(isGated ? .swiglu : .gelu), forward: (isGated ? 3 : 2) * size,
      backward: (isGated ? 5 : 3) * size,
      saved: (isGated ? 2 : 1) * size + alsoSaved)
  }
}
