import Quantities

extension ProgramBuilder {
  /// Appends the last layer.
  mutating func head(_ spec: HeadSpec) {
    if let kind = spec.norm {
      norm("final_norm", kind, rows: shape.splitTokens, width: spec.hidden, joinsResidual: false)
    }
    switch spec.task {
    case .language: vocabularyLoss(spec)
    case .maskedLanguage:
      maskedTransform(spec)
      vocabularyLoss(spec)
    case .pooling: pooled("pooler", spec, outputs: spec.hidden)
    case .classification:
      pooled("classifier", spec, outputs: spec.outputs)
      crossEntropy(rows: shape.batch, classes: spec.outputs)
    }
  }

  private mutating func maskedTransform(_ spec: HeadSpec) {
    let rows = shape.splitTokens
    linear(
      "head_transform", rows: rows, inputs: spec.hidden, outputs: spec.hidden,
      saved: shape.operand(rows, spec.hidden))
    activation("head_activation", rows: rows, width: spec.hidden, isGated: false)
    norm("head_norm", .layerNorm, rows: rows, width: spec.hidden, joinsResidual: false)
  }

  /// Logits over this rank's part of the vocabulary, cross-entropy, and the three small sums it needs: the maximum, the
  /// target's logit and the sum of exponentials, four bytes a token each.
  private mutating func vocabularyLoss(_ spec: HeadSpec) {
    let vocabulary = share(spec.outputs, of: shape.tensor)
    enterTensor("logits_input", tokens: shape.tokens, width: spec.hidden)
    linear(
      "logits", rows: shape.tokens, inputs: spec.hidden, outputs: vocabulary,
      saved: shape.operand(shape.splitTokens, spec.hidden))
    regatherTensor("logits_input", tokens: shape.tokens, width: spec.hidden)
    crossEntropy(rows: shape.tokens, classes: vocabulary)
    guard shape.tensor > 1 else { return }
    let call = CollectiveCall(kind: .allReduce, payload: .product(shape.tokens, 4))
    for name in ["loss_maximum_reduce", "loss_target_reduce", "loss_sum_reduce"] {
      collective(name, .tensor, forward: call, backward: nil)
    }
  }

  /// Keeps the logits in fp32. Forward reads the logits, writes and reads the fp32 copy; backward reads it and writes
  /// the gradient. The fp32 gradient is the scratch memory.
  private mutating func crossEntropy(rows: Int, classes: Int) {
    let logits = shape.activation(rows, classes)
    let wide = Bytes.product(rows, classes, 4)
    memory(
      "cross_entropy", MemoryShape(.crossEntropy, width: classes), forward: logits + 2 * wide, backward: wide + logits,
      saved: wide, workspace: wide)
  }

  /// One product on one vector for each sequence, done by every tensor-parallel rank.
  private mutating func pooled(_ name: String, _ spec: HeadSpec, outputs: Int) {
    linear(
      name, rows: shape.batch, inputs: spec.hidden, outputs: outputs, saved: shape.operand(shape.batch, spec.hidden))
  }
}
