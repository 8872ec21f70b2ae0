/// What the search of the VLDB paper knows of one kind of layer (PVLDB 16(3), 2022; Hsword/Hetu@3757771).
///
/// MB are 2^20 bytes, fp32; times are milliseconds.
public struct VLDBLayerProfile: Hashable, Sendable {
  /// Name of the kind, for people.
  public var name: String
  /// Layers of this kind, in a row.
  public var count: Int
  /// Features.
  public var hiddenSize: Int
  /// Positions.
  public var sequenceLength: Int
  /// Parameters in MB.
  public var parameters: Double
  /// Activations in MB per sample, by tensor-parallel degree.
  public var activations: [Int: Double]
  /// Forward pass in milliseconds per sample.
  public var forward: Double
  /// All-reduces of activations per forward and backward pass: 4 for an encoder layer, 6 for a decoder layer.
  public var allReduces: Int

  /// Collects the parts.
  public init(
    name: String, count: Int, hiddenSize: Int, sequenceLength: Int, parameters: Double, activations: [Int: Double],
    forward: Double, allReduces: Int
  ) {
    self.name = name
    self.count = count
    self.hiddenSize = hiddenSize
    self.sequenceLength = sequenceLength
    self.parameters = parameters
    self.activations = activations
    self.forward = forward
    self.allReduces = allReduces
  }

  /// Whether it is a decoder layer, whose backward pass overlaps less with gradient traffic.
  public var isDecoder: Bool { allReduces > 4 }
}

/// The families whose micro-batch numbers and edge memory the VLDB search tabulates by hand.
public enum VLDBFamily: String, CaseIterable, Hashable, Sendable {
  /// BERT.
  case bert
  /// Vision Transformer.
  case vit
  /// T5.
  case t5
  /// Swin.
  case swin
}

/// Memory of embedding, head and framework.
public struct VLDBEdgeMemory: Hashable, Sendable {
  /// Model states in MB.
  public var states: Double
  /// Activations in MB per sample of a rank.
  public var activation: Double

  /// Collects the parts.
  public init(states: Double, activation: Double) {
    self.states = states
    self.activation = activation
  }
}

/// A model with its constants for the search of the VLDB paper.
public struct VLDBModelProfile: Hashable, Sendable {
  /// Name for people.
  public var name: String
  /// Family.
  public var family: VLDBFamily
  /// Kinds of layers, in model order.
  public var layers: [VLDBLayerProfile]
  /// Edge memory of the 8-GPU code, and of the 16-GPU code without a pipeline.
  public var edge: VLDBEdgeMemory
  /// Edge memory of the first stage in the 16-GPU code.
  public var first: VLDBEdgeMemory
  /// Edge memory of the last stage in the 16-GPU code.
  public var last: VLDBEdgeMemory
  /// MB per sample by which more micro-batches lower the peak of an edge stage (16-GPU code).
  public var peakReduction: Double
  /// Milliseconds a data-parallel iteration takes longer, for 24 layers.
  public var extraOverhead: Double

  /// Collects the parts.
  public init(
    name: String, family: VLDBFamily, layers: [VLDBLayerProfile], edge: VLDBEdgeMemory, first: VLDBEdgeMemory,
    last: VLDBEdgeMemory, peakReduction: Double, extraOverhead: Double
  ) {
    self.name = name
    self.family = family
    self.layers = layers
    self.edge = edge
    self.first = first
    self.last = last
    self.peakReduction = peakReduction
    self.extraOverhead = extraOverhead
  }

  /// Layers in all.
  public var layerCount: Int { layers.reduce(0) { $0 + $1.count } }
}
