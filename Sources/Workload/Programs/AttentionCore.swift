import Quantities

/// Scores, softmax and weighted sum on one rank.
struct AttentionCore {
  /// Sequences, or windows of all images.
  var batch: Int
  /// Query heads of the rank.
  var heads: Int
  /// Key and value heads of the rank.
  var keyValueHeads: Int
  /// Query positions of the rank.
  var queries: Int
  /// Key positions they are compared with, whatever the mask.
  var keys: Int
  /// Width of a query or key head.
  var headDimension: Int
  /// Width of a value head.
  var valueDimension: Int
  /// Whether later keys are masked.
  var isCausal: Bool
  /// Query-key pairs a kernel that skips masked blocks computes, per sequence and head.
  var visiblePairs: Double
  /// Whether a position bias is added to the scores.
  var addsBias: Bool
  /// Bytes of keys and values gathered from the context-parallel group while the kernels run.
  var gathered: Bytes
}

extension ProgramBuilder {
  /// One fused kernel; backward it repeats the scores, so it does five products against two, and keeps only the
  /// logarithm of the row sums, four bytes each (Dao et al. 2022, arXiv 2205.14135; Dao 2023, arXiv 2307.08691). Its
  /// output is the projection's saved input, except under Ulysses, where the projection keeps it in another layout.
  mutating func flashAttention(_ core: AttentionCore) {
    let shape = shape
    let statistics = Bytes.product(core.batch, core.heads, core.queries, 4)
    let query = shape.activation(core.batch * core.heads * core.queries, core.headDimension)
    let output = shape.activation(core.batch * core.heads * core.queries, core.valueDimension)
    let keyValue = shape.activation(
      core.batch * core.keyValueHeads * core.keys, core.headDimension + core.valueDimension)
    let wide = Double(core.headDimension)
    let narrow = Double(core.valueDimension)
    let forward = core.kernel(
      width: 2 * (wide + narrow), traffic: query + keyValue + output + statistics, format: shape.storage,
      pass: .forward)
    let backward = core.kernel(
      width: 2 * (3 * wide + 2 * narrow), traffic: 2 * (query + keyValue + output) + statistics,
      format: shape.storage, pass: .backward)
    compute(
      Operator(
        name: "attention", forward: [forward], backwardInput: [backward],
        savedBytes: shape.shard.ulysses > 1 ? statistics + output : statistics,
        workspaceBytes: core.gathered, recompute: .attentionCore))
  }

  /// Separate kernels; scores, probabilities and dropout mask live in memory, masked or not.
  mutating func unfusedAttention(_ core: AttentionCore) {
    let scores = shape.activation(core.batch * core.heads, core.queries * core.keys)
    let bias = core.addsBias ? shape.activation(core.heads, core.queries * core.keys) : .zero
    product("attention_scores", core, m: core.queries, n: core.keys, k: core.headDimension, workspace: scores)
    memory(
      "attention_softmax", MemoryShape(.softmax, width: core.keys), forward: 2 * scores + bias,
      backward: 3 * scores + bias, saved: scores, workspace: scores,
      recompute: .attentionCore)
    if shape.shard.dropout {
      let mask = Bytes.product(core.batch * core.heads, core.queries * core.keys)
      memory(
        "attention_dropout", MemoryShape(.dropoutAdd), forward: 2 * scores + mask, backward: 2 * scores + mask,
        saved: scores + mask,
        workspace: scores, recompute: .attentionCore)
    }
    product("attention_context", core, m: core.queries, n: core.valueDimension, k: core.keys, workspace: scores)
  }

  /// A product of two activations: the gradient of each takes one product of the same size.
  private mutating func product(
    _ name: String, _ core: AttentionCore, m: Int, n: Int, k: Int, workspace: Bytes
  ) {
    let batch = core.batch * core.heads
    let format = shape.storage
    compute(
      Operator(
        name: name, forward: [.gemm(m: m, n: n, k: k, batch: batch, format: format)],
        backwardInput: [
          .gemm(m: m, n: k, k: n, batch: batch, format: format, pass: .inputGradient),
          .gemm(m: k, n: n, k: m, batch: batch, format: format, pass: .inputGradient),
        ],
        workspaceBytes: workspace + core.gathered, recompute: .attentionCore))
  }
}

extension AttentionCore {
  /// The fused kernel that does `width` operations for each visible pair of a head.
  fileprivate func kernel(width: Double, traffic: Bytes, format: NumberFormat, pass: KernelPass) -> Kernel {
    Kernel(
      kind: .attention(
        AttentionShape(
          batch: batch, heads: heads, queries: queries, keys: keys, headDimension: headDimension,
          isCausal: isCausal, valueDimension: valueDimension, keyValueHeads: keyValueHeads)),
      operations: FloatingPointOperations(Double(batch) * Double(heads) * visiblePairs * width), traffic: traffic,
      format: format, pass: pass)
  }
}
