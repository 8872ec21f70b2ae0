/// What Galvatron profiles of one kind of layer. MB are 2^20 bytes, times are milliseconds.
public struct GalvatronLayerProfile: Hashable, Sendable {
  /// Layers of this kind, in a row.
  public var count: Int
  /// Features.
  public var hiddenSize: Int
  /// Positions.
  public var sequenceLength: Int
  /// Parameters in MB, fp32.
  public var parameters: Double
  /// Activations in MB per sample of a rank, by tensor-parallel or Ulysses degree.
  public var activations: [Int: Double]
  /// What a recomputed layer keeps, in MB per sample; `nil` when not profiled.
  public var checkpoint: Double?
  /// Milliseconds of a forward pass of a number of samples on one rank.
  public var forward: LinearFit

  /// Collects the parts.
  public init(
    count: Int, hiddenSize: Int, sequenceLength: Int, parameters: Double, activations: [Int: Double],
    checkpoint: Double?, forward: LinearFit
  ) {
    self.count = count
    self.hiddenSize = hiddenSize
    self.sequenceLength = sequenceLength
    self.parameters = parameters
    self.activations = activations
    self.checkpoint = checkpoint
    self.forward = forward
  }

  /// Activation of one sample in one data type, in MB.
  func sampleSize(bytesPerElement: Double) -> Double {
    Double(sequenceLength) * Double(hiddenSize) * bytesPerElement / 1024 / 1024
  }
}

/// Memory of the embedding and the head, by tensor-parallel or Ulysses degree, in MB.
public struct GalvatronEdgeProfile: Hashable, Sendable {
  /// Model states by tensor-parallel degree.
  public var states: [Int: Double]
  /// Activations per sample of a rank, by tensor-parallel or Ulysses degree.
  public var activation: [Int: Double]

  /// Collects the parts.
  public init(states: [Int: Double], activation: [Int: Double]) {
    self.states = states
    self.activation = activation
  }
}

/// A model as Galvatron's profilers describe it.
public struct GalvatronModelProfile: Hashable, Sendable {
  /// Kinds of layers, in model order.
  public var layers: [GalvatronLayerProfile]
  /// Embedding and head on one stage.
  public var whole: GalvatronEdgeProfile
  /// The embedding, on the first of several stages.
  public var first: GalvatronEdgeProfile
  /// The head, on the last of several stages.
  public var last: GalvatronEdgeProfile
  /// Milliseconds of the forward pass of embedding, head and loss of a number of samples on one rank.
  public var edgeForward: LinearFit

  /// Collects the parts.
  public init(
    layers: [GalvatronLayerProfile], whole: GalvatronEdgeProfile, first: GalvatronEdgeProfile,
    last: GalvatronEdgeProfile, edgeForward: LinearFit
  ) {
    self.layers = layers
    self.whole = whole
    self.first = first
    self.last = last
    self.edgeForward = edgeForward
  }

  /// Layers in all.
  public var layerCount: Int { layers.reduce(0) { $0 + $1.count } }
}

/// How Galvatron's runtime trains, as far as its cost model knows.
public struct GalvatronTraining: Hashable, Sendable {
  /// Whether activations, parameters and gradients travel in two bytes instead of four.
  public var isMixedPrecision = true
  /// Whether gradients are reduced while the backward pass of each micro-batch runs.
  public var reducesAsynchronously = true
  /// Whether tensor-parallel layers are sequence-parallel too.
  public var isSequenceParallel = true
  /// Whether a buffer shared by all layers for gathered activations is set aside.
  public var reservesGlobalBuffer = true
  /// Whether all micro-batches of a stage are alive at once (GPipe) instead of as many as follow it (1F1B).
  public var isGPipe = false

  /// Galvatron's defaults.
  public init() {}

  /// Bytes of an element that travels.
  var bytesPerElement: Double { isMixedPrecision ? 2 : 4 }
}
