import Costing

/// Reads the computation and memory profiles of a model.
public enum GalvatronModelFile {
  /// The shape of one kind of layer; profiles do not hold it.
  public struct LayerShape: Hashable, Sendable {
    /// Layers.
    public var count: Int
    /// Features.
    public var hiddenSize: Int
    /// Positions.
    public var sequenceLength: Int

    /// Collects the parts.
    public init(count: Int, hiddenSize: Int, sequenceLength: Int) {
      self.count = count
      self.hiddenSize = hiddenSize
      self.sequenceLength = sequenceLength
    }
  }

  /// How profiled points become a cost, as in Galvatron's options of the same names.
  public enum Mode: String, CaseIterable, Hashable, Sendable {
    /// One point: proportional to the samples.
    case fixed = "static"
    /// Points of several batch sizes: a line.
    case batch
    /// Points of several sequence lengths with one sample: a parabola for layers, a line for the edges.
    case sequence
  }

  /// Reads both files.
  ///
  /// - Parameters:
  ///   - computation: `computation_profiling_*.json`.
  ///   - memory: `memory_profiling_*.json`.
  ///   - timeMode: How times are read; `nil` for the richest mode the file has points for.
  ///   - memoryMode: Fixed, or scaled from the longest profiled sequence; `nil` for what the file has.
  ///   - isSequenceParallel: Whether the profile of sequence-parallel runs is meant, when there are both.
  /// - Throws: ``InputError`` for the first thing that is missing.
  public static func load(
    computation: String, memory: String, shapes: [LayerShape], timeMode: Mode? = nil, memoryMode: Mode? = nil,
    isSequenceParallel: Bool = true
  ) throws(InputError) -> GalvatronModelProfile {
    let times = try GalvatronNumbers(path: computation)
    let sizes = GalvatronMemoryReader(
      file: try GalvatronNumbers(path: memory), mode: memoryMode, isSequenceParallel: isSequenceParallel)
    var layers: [GalvatronLayerProfile] = []
    for (index, shape) in shapes.enumerated() {
      layers.append(
        try sizes.layer(
          index, shape,
          forward: time(times, "layertype_\(index)", shape.sequenceLength, timeMode, isEdge: false)))
    }
    let sequence = shapes.first?.sequenceLength ?? 0
    let whole = try sizes.edge("other_memory_pp_off", sequence)
    return GalvatronModelProfile(
      layers: layers, whole: whole, first: try sizes.edge("other_memory_pp_on_first", sequence),
      last: try sizes.edge("other_memory_pp_on_last", sequence),
      edgeForward: try edgeTime(times, sequence, timeMode))
  }

  private static func edgeTime(
    _ file: GalvatronNumbers, _ sequence: Int, _ mode: Mode?
  ) throws(InputError) -> LinearFit {
    guard file.keys.contains(where: { $0.hasPrefix("layertype_other") }) else {
      return LinearFit(slope: 0, intercept: 0)
    }
    return try time(file, "layertype_other", sequence, mode, isEdge: true)
  }

  /// Milliseconds of a number of samples.
  private static func time(
    _ file: GalvatronNumbers, _ prefix: String, _ sequence: Int, _ mode: Mode?, isEdge: Bool
  ) throws(InputError) -> LinearFit {
    var points: [(batch: Int, sequence: Int, time: Double)] = []
    for key in file.keys where key == prefix || key.hasPrefix(prefix + "_") {
      let words = key.dropFirst(prefix.count).split(separator: "_")
      let batch = words.first { $0.hasPrefix("bsz") }.flatMap { Int($0.dropFirst(3)) } ?? 1
      let length = words.first { $0.hasPrefix("seq") }.flatMap { Int($0.dropFirst(3)) } ?? sequence
      points.append((batch, length, try file.number(key)))
    }
    guard !points.isEmpty else { throw file.missing(prefix) }
    let own = points.filter { $0.sequence == sequence }
    let single = points.filter { $0.batch == 1 }
    switch mode ?? (own.count >= 8 ? .batch : (own.isEmpty && single.count >= 3 ? .sequence : .fixed)) {
    case .batch:
      let line = LinearFit(own.map { (Double($0.batch), $0.time * Double($0.batch)) })
      guard let line else { throw file.problem("found one batch size for \(prefix)", "expected at least two") }
      return line
    case .sequence:
      let curve = single.map { (x: Double($0.sequence), y: $0.time) }
      let value =
        isEdge
        ? LinearFit(curve)?.value(at: Double(sequence)) : QuadraticFit(curve)?.value(at: Double(sequence))
      guard let value else { throw file.problem("found too few lengths for \(prefix)", "expected at least three") }
      return LinearFit(slope: value, intercept: 0)
    case .fixed:
      guard let point = own.first else {
        throw file.problem("found no time of \(prefix) for \(sequence) tokens", "profile that sequence length")
      }
      return LinearFit(slope: point.time, intercept: 0)
    }
  }
}

/// Reads memory profiles.
struct GalvatronMemoryReader {
  let file: GalvatronNumbers
  let mode: GalvatronModelFile.Mode?
  let isSequenceParallel: Bool

  /// The node of a name, of the sequence-parallel profile where there is one and it is meant.
  private func node(_ name: String) throws(InputError) -> DocumentNode {
    let names = isSequenceParallel ? [name + "_sp", name] : [name, name + "_sp"]
    for name in names { if let node = file.document.root[name] { return node } }
    throw file.missing(name)
  }

  /// A section of a sequence length, and how much its activations have to be scaled.
  private func section(
    _ name: String, _ sequence: Int, key: String
  ) throws(InputError) -> (node: DocumentNode, scale: Double) {
    let node = try node(name)
    if node[key] != nil { return (node, 1) }
    let lengths = node.entries.compactMap { Int($0.key) }
    if mode != .sequence, let own = node[String(sequence)] { return (own, 1) }
    guard mode != .fixed, let longest = lengths.max(), let profiled = node[String(longest)] else {
      throw file.problem("found no \(name) for \(sequence) tokens", "profile that sequence length")
    }
    return (profiled, Double(sequence) / Double(longest))
  }

  /// A kind of layer.
  func layer(
    _ index: Int, _ shape: GalvatronModelFile.LayerShape, forward: LinearFit
  ) throws(InputError) -> GalvatronLayerProfile {
    let name = "layertype_\(index)"
    let (own, scale) = try section(name, shape.sequenceLength, key: "parameter_size")
    // Scaled profiles take the parameters of the shortest sequence, as Galvatron does.
    let all = try node(name)
    let shortest = all.entries.compactMap { Int($0.key) }.min().flatMap { all[String($0)] }
    let source = mode == .sequence ? shortest ?? own : own
    guard let parameters = source["parameter_size"], let activations = own["tp_activation_per_bsz_dict"] else {
      throw file.missing("\(name).parameter_size")
    }
    var checkpoint: Double?
    if let node = activations["checkpoint"] { checkpoint = try file.number(node, path: "\(name).checkpoint") * scale }
    return GalvatronLayerProfile(
      count: shape.count, hiddenSize: shape.hiddenSize, sequenceLength: shape.sequenceLength,
      parameters: try file.number(parameters, path: "\(name).parameter_size"),
      activations: try file.table(activations, path: name).mapValues { $0 * scale }, checkpoint: checkpoint,
      forward: forward)
  }

  /// Memory of an edge.
  func edge(_ name: String, _ sequence: Int) throws(InputError) -> GalvatronEdgeProfile {
    let (own, scale) = try section(name, sequence, key: "model_states")
    guard let states = own["model_states"], let activation = own["activation"] else {
      throw file.missing("\(name).model_states")
    }
    return GalvatronEdgeProfile(
      states: try file.table(states, path: "\(name).model_states"),
      activation: try file.table(activation, path: "\(name).activation").mapValues { $0 * scale })
  }
}
