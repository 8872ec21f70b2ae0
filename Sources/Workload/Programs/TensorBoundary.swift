import Quantities

/// The borders of a tensor-parallel region (Shoeybi et al. 2019, arXiv 1909.08053, figure 3; with sequence parallelism
/// Korthikanti et al. 2022, arXiv 2205.05198, figure 5).
extension ProgramBuilder {
  /// Before a column-split product: `f` sums the input's gradient; with sequence parallelism the tokens are gathered
  /// forward and the gradient scattered backward.
  mutating func enterTensor(_ name: String, tokens: Int, width: Int) {
    guard shape.tensor > 1 else { return }
    let payload = shape.activation(tokens, width)
    if shape.isSplit {
      collective(
        "\(name)_gather", .tensor, forward: CollectiveCall(kind: .allGather, payload: payload),
        backward: CollectiveCall(kind: .reduceScatter, payload: payload))
    } else {
      collective(
        "\(name)_gradient_reduce", .tensor, forward: nil,
        backward: CollectiveCall(kind: .allReduce, payload: payload))
    }
  }

  /// After a column-split product: with sequence parallelism only the token shard was kept, so the backward pass gathers
  /// the input again for the weight gradient. Reached in reverse it runs before that product's backward kernels.
  mutating func regatherTensor(_ name: String, tokens: Int, width: Int) {
    guard shape.isSplit else { return }
    collective(
      "\(name)_regather", .tensor, forward: nil,
      backward: CollectiveCall(kind: .allGather, payload: shape.activation(tokens, width)), feedsWeightGradient: true)
  }

  /// After a row-split product: `g` sums the output; with sequence parallelism the sum is scattered forward and the
  /// gradient gathered backward.
  mutating func leaveTensor(_ name: String, tokens: Int, width: Int) {
    guard shape.tensor > 1 else { return }
    let payload = shape.activation(tokens, width)
    if shape.isSplit {
      collective(
        "\(name)_scatter", .tensor, forward: CollectiveCall(kind: .reduceScatter, payload: payload),
        backward: CollectiveCall(kind: .allGather, payload: payload))
    } else {
      collective(
        "\(name)_reduce", .tensor, forward: CollectiveCall(kind: .allReduce, payload: payload), backward: nil)
    }
  }
}
