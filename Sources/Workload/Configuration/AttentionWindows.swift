extension ConfigurationReader {
  /// The pattern of each layer; a window that covers the sequence is plain causal attention.
  func attentionPatterns(
    _ rule: DecoderTraits.Window, layers: Int, sequenceLength: Int
  ) throws(ModelError) -> [AttentionPattern] {
    guard let window = try windowLength(rule), window < sequenceLength else {
      return Array(repeating: .causal, count: layers)
    }
    let windowed = try windowedLayers(rule, layers: layers)
    return windowed.map { $0 ? .sliding(window: window) : .causal }
  }

  /// The window, or `nil` when no layer has one. An explicit null switches it off.
  private func windowLength(_ rule: DecoderTraits.Window) throws(ModelError) -> Int? {
    let fallback: Int?
    switch rule {
    case .never: return nil
    case .always(let value): fallback = fields["sliding_window"] == .null ? nil : value
    case .upper:
      guard try boolean("use_sliding_window", default: false) else { return nil }
      fallback = 4096
    case .alternating(_, let value): fallback = fields["sliding_window"] == .null ? nil : value
    }
    return try optionalInteger("sliding_window", in: FieldRange.sequence) ?? fallback
  }

  /// Which layers use the window: `layer_types` where it is given, the family's rule elsewhere.
  private func windowedLayers(_ rule: DecoderTraits.Window, layers: Int) throws(ModelError) -> [Bool] {
    if let types = try optionalList("layer_types") { return try windowedLayers(listed: types, layers: layers) }
    switch rule {
    case .never: return Array(repeating: false, count: layers)
    case .always: return Array(repeating: true, count: layers)
    case .upper:
      let first = try integer("max_window_layers", default: 28, in: 0...FieldRange.layers.upperBound)
      return (0..<layers).map { $0 >= first }
    case .alternating(let period, _):
      let period = try integer("sliding_window_pattern", default: period, in: FieldRange.layers)
      return (0..<layers).map { !($0 + 1).isMultiple(of: period) }
    }
  }

  private func windowedLayers(listed types: [ConfigurationValue], layers: Int) throws(ModelError) -> [Bool] {
    guard types.count == layers else {
      throw .wrongLength(field: "layer_types", found: types.count, expected: layers)
    }
    var windowed: [Bool] = []
    for (index, type) in types.enumerated() {
      switch type {
      case .text("sliding_attention"): windowed.append(true)
      case .text("full_attention"): windowed.append(false)
      case .text(let word):
        throw .unknownWord(
          field: "layer_types[\(index)]", found: word, known: ["full_attention", "sliding_attention"])
      default: throw .wrongKind(field: "layer_types[\(index)]", found: type, expected: "a text")
      }
    }
    return windowed
  }
}
