extension TokenEmbeddingSpec {
  /// Adds the tables and the norm.
  func count(into tally: inout ParameterTally) {
    tally.add(vocabulary, by: hidden, .tensor)
    tally.add(positions + types, by: hidden, .replicated)
    if let norm { tally.add(norm.parameterCount(width: hidden), .replicated) }
  }
}

extension PatchEmbeddingSpec {
  /// Adds the product with its bias, the class token, the positions and the norm.
  func count(into tally: inout ParameterTally) {
    tally.add(patchValues, by: hidden, .replicated)
    tally.add(Int64(hidden), .replicated)
    tally.add(hidden, if: hasClassToken, .replicated)
    if hasPositions { tally.add(patches + (hasClassToken ? 1 : 0), by: hidden, .replicated) }
    if let norm { tally.add(norm.parameterCount(width: hidden), .replicated) }
  }
}

extension HeadSpec {
  /// Adds what is the head's own; weights tied to the embedding are counted there.
  func count(into tally: inout ParameterTally) {
    if let norm { tally.add(norm.parameterCount(width: hidden), .replicated) }
    switch task {
    case .language:
      if !isTied { tally.add(hidden, by: outputs, .tensor) }
      tally.add(outputs, if: hasBias, .tensor)
    case .maskedLanguage:
      tally.add(hidden, by: hidden, .replicated)
      tally.add(Int64(hidden) + NormKind.layerNorm.parameterCount(width: hidden), .replicated)
      if !isTied { tally.add(hidden, by: outputs, .tensor) }
      tally.add(outputs, if: hasBias, .tensor)
    case .pooling:
      tally.add(hidden, by: hidden, .replicated)
      tally.add(Int64(hidden), .replicated)
    case .classification:
      tally.add(hidden, by: outputs, .replicated)
      tally.add(outputs, if: hasBias, .replicated)
    }
  }
}
