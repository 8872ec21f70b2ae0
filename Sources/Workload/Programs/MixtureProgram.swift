import Quantities

/// A mixture of experts with token dispatch by all-to-all and balanced routing: every expert receives as many tokens
/// as any other. Experts are split over the expert-parallel group and each over the tensor-parallel group.
///
/// With sequence parallelism each rank routes and sends its own tokens, and the tensor-parallel group gathers what it
/// received before the experts and scatters their sums after. Without it every tensor-parallel rank routes and sends
/// all tokens, and one sum at the end joins the parts.
extension ProgramBuilder {
  /// Appends router, dispatch, experts, combine and shared expert, with the sum over the tensor-parallel group.
  mutating func mixture(_ spec: MixtureSpec, hidden: Int) {
    if !shape.isSplit { enterTensor("expert_input", tokens: shape.tokens, width: hidden) }
    router(spec, hidden: hidden)
    exchange("expert_dispatch", spec, hidden: hidden)
    experts(spec, hidden: hidden)
    exchange("expert_combine", spec, hidden: hidden)
    let routed = shape.activation(shape.splitTokens * spec.expertsPerToken, hidden)
    let plain = shape.activation(shape.splitTokens, hidden)
    memory("expert_unpermute", MemoryShape(.permute), forward: routed + plain, backward: plain + routed)
    if let shared = spec.shared { sharedExpert(shared, isGated: spec.gatesShared, hidden: hidden) }
    if !shape.isSplit { leaveTensor("feed_forward", tokens: shape.tokens, width: hidden) }
  }

  /// Probabilities are kept in fp32, row numbers of the permutation as four-byte integers.
  private mutating func router(_ spec: MixtureSpec, hidden: Int) {
    let rows = shape.splitTokens
    let scores = Bytes.product(rows, spec.experts, 4)
    linear("router", rows: rows, inputs: hidden, outputs: spec.experts, saved: shape.operand(rows, hidden))
    memory(
      "expert_selection", MemoryShape(.softmax, width: spec.experts), forward: 2 * scores, backward: 3 * scores,
      saved: scores)
    let plain = shape.activation(rows, hidden)
    let routed = shape.activation(rows * spec.expertsPerToken, hidden)
    memory(
      "expert_permute", MemoryShape(.permute), forward: plain + routed, backward: routed + plain,
      saved: .product(rows, spec.expertsPerToken, 4))
  }

  private mutating func exchange(_ name: String, _ spec: MixtureSpec, hidden: Int) {
    guard shape.shard.expertParallel > 1 else { return }
    let payload = shape.activation(shape.splitTokens * spec.expertsPerToken, hidden)
    let call = CollectiveCall(kind: .allToAll, payload: payload)
    collective(name, .expert, forward: call, backward: call)
  }

  /// The local experts as one product with a weight for each. Probabilities are applied in the activation, so that the
  /// experts' outputs need not be kept.
  private mutating func experts(_ spec: MixtureSpec, hidden: Int) {
    let rows = shape.tokens * spec.expertsPerToken
    let width = share(spec.expert.width, of: shape.tensor)
    let local = share(spec.experts, of: shape.shard.expertParallel)
    if shape.isSplit { enterTensor("expert_tokens", tokens: rows, width: hidden) }
    linear(
      "expert_up", rows: rows, inputs: hidden, outputs: spec.expert.isGated ? 2 * width : width, batch: local,
      saved: shape.operand(rows, hidden))
    activation(
      "expert_activation", rows: rows, width: width, isGated: spec.expert.isGated, alsoSaved: .product(rows, 4))
    linear(
      "expert_down", rows: rows, inputs: width, outputs: hidden, batch: local, saved: shape.operand(rows, width))
    if shape.isSplit { leaveTensor("expert_tokens", tokens: rows, width: hidden) }
  }

  /// The shared expert reads what the router reads, so its input is already kept. Without sequence parallelism it shares
  /// the routed experts' reductions.
  private mutating func sharedExpert(_ spec: DenseSpec, isGated: Bool, hidden: Int) {
    let width = share(spec.width, of: shape.tensor)
    if shape.isSplit { enterTensor("shared_expert_input", tokens: shape.tokens, width: hidden) }
    linear(
      "shared_expert_up", rows: shape.tokens, inputs: hidden, outputs: spec.isGated ? 2 * width : width,
      saved: .zero)
    regatherTensor("shared_expert_input", tokens: shape.tokens, width: hidden)
    activation("shared_expert_activation", rows: shape.tokens, width: width, isGated: spec.isGated)
    linear(
      "shared_expert_down", rows: shape.tokens, inputs: width, outputs: hidden,
      saved: shape.operand(shape.tokens, width))
    if shape.isSplit { leaveTensor("shared_expert", tokens: shape.tokens, width: hidden) }
    let size = shape.activation(shape.splitTokens, hidden)
    if isGated {
      linear("shared_expert_gate", rows: shape.splitTokens, inputs: hidden, outputs: 1, saved: size)
    }
    memory("shared_expert_sum", MemoryShape(.add), forward: 3 * size, backward: isGated ? 3 * size : .zero)
  }
}
