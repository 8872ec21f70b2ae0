extension GalvatronPlan {
  /// A value of a plan file.
  public enum Value: Hashable, Sendable {
    /// A whole number.
    case integer(Int)
    /// A text; lists are texts with commas.
    case text(String)
  }

  /// One entry of a plan file.
  public struct Field: Hashable, Sendable {
    /// The JSON key.
    public let key: String
    /// Its value.
    public let value: Value

    /// Pairs a key with its value.
    public init(key: String, value: Value) {
      self.key = key
      self.value = value
    }
  }

  /// Reads the entries of a plan file, in any order. Keys that are not among the fields are ignored.
  ///
  /// - Throws: ``GalvatronPlanError`` for the first entry that cannot be read.
  public init(fields: [Field]) throws(GalvatronPlanError) {
    let reader = try FieldReader(fields)
    self.init(
      pipelineDegree: try reader.required("pp_deg", reader.count("pp_deg")),
      tensorSizes: try reader.required("tp_sizes_enc", reader.counts("tp_sizes_enc")),
      consecutiveFlags: try reader.required("tp_consecutive_flags", reader.flags("tp_consecutive_flags")),
      dataParallelTypes: try reader.required("dp_types_enc", reader.flags("dp_types_enc")),
      globalBatch: try reader.required("global_bsz", reader.count("global_bsz")),
      chunks: try reader.required("chunks", reader.count("chunks")))
    stageLayers = try reader.list("pp_division", atLeast: 0)
    ulyssesFlags = try reader.flags("use_sp")
    contextSizes = try reader.counts("cp_sizes_enc")
    checkpointFlags = try reader.flags("checkpoint")
    pipelineType = try reader.word("pipeline_type")
    defaultDataParallel = try reader.word("default_dp_type")
    vocabularyTensorSize = try reader.count("vtp")
    vocabularyUlyssesFlag = try reader.flag("vsp")
    vocabularyContextSize = try reader.count("vcp")
    embeddingSharded = try reader.flag("embed_sdp")
    vocabularySharded = try reader.flag("vocab_sdp")
    worldSize = try reader.count("world_size")
    try checkLengths()
  }

  /// The entries of a plan file, in the order Galvatron's search writes them.
  public var fields: [Field] {
    let entries: [(String, Value?)] = [
      ("pp_deg", .integer(pipelineDegree)),
      ("tp_sizes_enc", Self.list(tensorSizes)),
      ("tp_consecutive_flags", Self.list(consecutiveFlags)),
      ("dp_types_enc", Self.list(dataParallelTypes)),
      ("use_sp", ulyssesFlags.map(Self.list)),
      ("cp_sizes_enc", contextSizes.map(Self.list)),
      ("checkpoint", checkpointFlags.map(Self.list)),
      ("world_size", worldSize.map(Value.integer)),
      ("global_bsz", .integer(globalBatch)),
      ("chunks", .integer(chunks)),
      ("pp_division", stageLayers.map(Self.list)),
      ("pipeline_type", pipelineType.map(Value.text)),
      ("default_dp_type", defaultDataParallel.map(Value.text)),
      ("vtp", vocabularyTensorSize.map(Value.integer)),
      ("vsp", vocabularyUlyssesFlag.map(Value.integer)),
      ("vcp", vocabularyContextSize.map(Value.integer)),
      ("embed_sdp", embeddingSharded.map(Value.integer)),
      ("vocab_sdp", vocabularySharded.map(Value.integer)),
    ]
    return entries.compactMap { key, value in value.map { Field(key: key, value: $0) } }
  }

  /// Every list has one entry per layer, the stages one per pipeline rank.
  func checkLengths() throws(GalvatronPlanError) {
    let lists: [(String, [Int]?, Int)] = [
      ("tp_consecutive_flags", consecutiveFlags, tensorSizes.count),
      ("dp_types_enc", dataParallelTypes, tensorSizes.count),
      ("use_sp", ulyssesFlags, tensorSizes.count),
      ("cp_sizes_enc", contextSizes, tensorSizes.count),
      ("checkpoint", checkpointFlags, tensorSizes.count),
      ("pp_division", stageLayers, pipelineDegree),
    ]
    for (key, list, expected) in lists {
      if let list, list.count != expected { throw .listLength(key: key, found: list.count, expected: expected) }
    }
  }

  private static func list(_ numbers: [Int]) -> Value {
    .text(numbers.map(\.description).joined(separator: ","))
  }
}

/// Finds entries by key and checks what they hold.
private struct FieldReader {
  private var values: [String: GalvatronPlan.Value] = [:]

  init(_ fields: [GalvatronPlan.Field]) throws(GalvatronPlanError) {
    for field in fields where values.updateValue(field.value, forKey: field.key) != nil {
      throw .repeated(key: field.key)
    }
  }

  func required<Item>(_ key: String, _ value: Item?) throws(GalvatronPlanError) -> Item {
    guard let value else { throw .missing(key: key) }
    return value
  }

  /// A whole number of at least 1.
  func count(_ key: String) throws(GalvatronPlanError) -> Int? { try number(key, 1...Int(Int32.max)) }

  /// 0 or 1.
  func flag(_ key: String) throws(GalvatronPlanError) -> Int? { try number(key, 0...1) }

  /// A list of whole numbers of at least 1.
  func counts(_ key: String) throws(GalvatronPlanError) -> [Int]? { try list(key, atLeast: 1) }

  /// A list of 0 and 1.
  func flags(_ key: String) throws(GalvatronPlanError) -> [Int]? {
    try list(key, 0...1, expected: "0 or 1")
  }

  /// A list of whole numbers.
  func list(_ key: String, atLeast minimum: Int) throws(GalvatronPlanError) -> [Int]? {
    try list(key, minimum...Int(Int32.max), expected: "a whole number of at least \(minimum)")
  }

  func word(_ key: String) throws(GalvatronPlanError) -> String? {
    switch values[key] {
    case nil: return nil
    case .text(let text): return text
    case .integer: throw .wrongKind(key: key, expected: "a text")
    }
  }

  private func number(_ key: String, _ allowed: ClosedRange<Int>) throws(GalvatronPlanError) -> Int? {
    switch values[key] {
    case nil: return nil
    case .text: throw .wrongKind(key: key, expected: "a whole number")
    case .integer(let number):
      guard allowed.contains(number) else {
        throw .badValue(key: key, found: String(number), expected: "\(allowed.lowerBound) to \(allowed.upperBound)")
      }
      return number
    }
  }

  /// A text of numbers between commas, blanks around them allowed; a lone number counts as a list of one.
  private func list(
    _ key: String, _ allowed: ClosedRange<Int>, expected: String
  ) throws(GalvatronPlanError) -> [Int]? {
    if case .integer? = values[key] { return try number(key, allowed).map { [$0] } }
    guard let text = try word(key) else { return nil }
    var numbers: [Int] = []
    for (index, entry) in text.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
      let digits = entry.filter { !$0.isWhitespace }
      guard let number = Int(digits), allowed.contains(number) else {
        throw .badEntry(key: key, index: index, found: digits, expected: expected)
      }
      numbers.append(number)
    }
    return numbers
  }
}
