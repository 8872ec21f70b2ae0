import Parallelism

/// The cost model of the VLDB paper's released code, number for number (Hsword/Hetu@3757771, tools/Galvatron).
///
/// It prices data, sharded-data (ZeRO-3) and tensor parallelism inside the stages of a GPipe pipeline, in fp32. Two
/// editions of the code differ: one for 8 GPUs and one for 16.
public struct VLDBCostModel: Sendable {
  /// The model's constants.
  public let model: VLDBModelProfile
  /// The cluster's constants.
  public let hardware: GalvatronHardware
  private let overlap: OverlapRule

  /// Layers of the dummy model that the code prices and then divides by; matters for the extra overhead only.
  static let dummyLayers = 24.0
  /// Seconds of one modelled millisecond: the code adds a tenth to every time.
  static let secondsPerMillisecond = 0.0011
  /// MB of the driver and the communication library.
  static let contextMemory = 1024.0

  /// Prices a model on a cluster.
  public init(model: VLDBModelProfile, hardware: GalvatronHardware) {
    self.model = model
    self.hardware = hardware
    overlap = OverlapRule(slowdown: hardware.overlapSlowdown)
  }

  /// Whether the edition for 8 GPUs applies.
  var isSmallEdition: Bool { hardware.devices <= 8 }

  /// A strategy with the pipeline degree it belongs to and the batch it works on.
  public struct Case: Hashable, Sendable {
    /// The strategy.
    public var strategy: LayerStrategy
    /// Stages.
    public var pipeline: Int
    /// Samples of an iteration.
    public var globalBatch: Int

    /// Collects the parts.
    public init(strategy: LayerStrategy, pipeline: Int, globalBatch: Int) {
      self.strategy = strategy
      self.pipeline = pipeline
      self.globalBatch = globalBatch
    }

    /// Samples of a rank.
    var localBatch: Double { Double(globalBatch) / Double(strategy.dataParallel) }
    /// Whether one of the two dimensions has the stage for itself; such groups are profiled as neighbours.
    var isPure: Bool { strategy.tensorParallel == 1 || strategy.dataParallel == 1 }
  }

  // MARK: Time

  /// Seconds that a layer adds to the iteration of the whole pipeline.
  ///
  /// Computation is spread over the stages with the bubble of GPipe, communication is not:
  /// `t = computation (P+m-1)/(P m) + communication`.
  public func time(_ layer: VLDBLayerProfile, _ given: Case) -> Double {
    let terms = LayerTerms(layer, given, hardware, isSmallEdition: isSmallEdition)
    var full = terms.computation + terms.tensorTime
    if given.strategy.dataParallel > 1 {
      full = terms.forward + backward(terms, layer, given) + terms.tensorTime + model.extraOverhead
    }
    if given.pipeline > 1 {
      let stages = Double(given.pipeline)
      let chunks = microBatches(localBatch: given.localBatch, given)
      let hidden = terms.computation + terms.tensorTime
      full = hidden * (stages + chunks - 1) / (stages * chunks) + (full - hidden)
    }
    if given.strategy.zero == .parameters {
      full += (isSmallEdition ? 0.5 : 2) * terms.dataTraffic * terms.dataCoefficient
    }
    if !isSmallEdition, given.pipeline > 1 { full += message(layer, given) }
    return full * Self.secondsPerMillisecond / Self.dummyLayers
  }

  /// Milliseconds of the backward pass with the gradient traffic beside it.
  private func backward(_ terms: LayerTerms, _ layer: VLDBLayerProfile, _ given: Case) -> Double {
    let share = overlappingShare(layer, given)
    let hidden = (1 - share) * terms.backward
    guard isSmallEdition, given.pipeline > 1, given.strategy.tensorParallel == 1 else {
      return hidden
        + overlap.time(
          traffic: terms.dataTraffic, coefficient: terms.dataCoefficient, computation: share * terms.backward)
    }
    // Per stage; what traffic is left then runs once, on all stages at the same time, unless it is sharded.
    let stages = Double(given.pipeline)
    let parts = overlap.parts(
      traffic: terms.dataTraffic / stages, coefficient: terms.dataCoefficient, computation: terms.backward / stages)
    let isPaidOnce = parts.trafficIsLonger && given.strategy.zero != .parameters
    return parts.both * stages + parts.rest * (isPaidOnce ? 1 : stages)
  }

  /// Share of the backward pass that may overlap with gradient traffic.
  private func overlappingShare(_ layer: VLDBLayerProfile, _ given: Case) -> Double {
    let width = given.strategy.tensorParallel
    let stage = width * given.strategy.dataParallel
    if width == 1 { return 1 }
    if layer.isDecoder, given.pipeline == 1 || stage > 4 { return 2.0 / 3 }
    return 2 * width < stage ? 1 : 0.5
  }

  private func message(_ layer: VLDBLayerProfile, _ given: Case) -> Double {
    let size = 2 * given.localBatch * Double(layer.sequenceLength) * Double(layer.hiddenSize) * 4 / 1024 / 1024
    return size * (hardware.pointToPoint[given.pipeline] ?? 0)
  }

  /// Seconds to turn the activations of a layer into another strategy's layout.
  ///
  /// Nothing unless the tensor-parallel degree rises, or its placement changes. 2 MB a sample, whatever the model. A
  /// sharded layer before an unsharded one of the same degrees costs a little, which puts sharded layers last.
  public func transition(from source: LayerStrategy, to target: LayerStrategy, pipeline: Int, globalBatch: Int)
    -> Double
  {
    if source != target, source.withoutSharding == target.withoutSharding, source.zero == .parameters { return 1e-4 }
    let given = Case(strategy: target, pipeline: pipeline, globalBatch: globalBatch)
    guard reshards(from: source, to: target) else { return 0 }
    let width = Double(target.tensorParallel)
    let size = (width - 1) / width * 2 * given.localBatch
    let coefficient = hardware.coefficient(
      pipeline: pipeline, ranks: target.tensorParallel, isConsecutive: given.isPure || target.isConsecutive)
    return size * (coefficient ?? 0) * 0.001
  }

  private func reshards(from source: LayerStrategy, to target: LayerStrategy) -> Bool {
    if target.tensorParallel > source.tensorParallel { return true }
    let isPlaced = [source, target].allSatisfy { $0.tensorParallel > 1 && $0.dataParallel > 1 }
    guard isPlaced, source.isConsecutive != target.isConsecutive else { return false }
    if target.tensorParallel == source.tensorParallel { return true }
    if !isSmallEdition, model.layers.count == 1 { return true }
    return source.devices == 8 && source.tensorParallel == 4 && target.tensorParallel == 2
  }
}

extension LayerStrategy {
  /// The same degrees without ZeRO.
  var withoutSharding: LayerStrategy {
    var plain = self
    plain.zero = .none
    return plain
  }
}

/// The terms of the time of one layer under one strategy, for the dummy model, in milliseconds and MB.
private struct LayerTerms {
  let forward: Double
  let backward: Double
  let dataTraffic: Double
  let dataCoefficient: Double
  let tensorTime: Double

  var computation: Double { forward + backward }

  init(
    _ layer: VLDBLayerProfile, _ given: VLDBCostModel.Case, _ hardware: GalvatronHardware, isSmallEdition: Bool
  ) {
    let (width, replicas) = (Double(given.strategy.tensorParallel), Double(given.strategy.dataParallel))
    let count = VLDBCostModel.dummyLayers
    forward = layer.forward * given.localBatch / width * count
    backward = 2 * forward
    let traffic = 2 * (replicas - 1) / replicas * layer.parameters / width * count
    dataTraffic = given.strategy.zero == .parameters && !isSmallEdition ? traffic / 2 : traffic
    let activation = given.localBatch * Double(layer.sequenceLength) * Double(layer.hiddenSize) * 4 / 1024 / 1024
    let tensorTraffic = 2 * (width - 1) / width * activation * Double(layer.allReduces) * count
    let isConsecutive = given.strategy.isConsecutive
    func coefficient(_ ranks: Int, _ isConsecutive: Bool) -> Double {
      hardware.coefficient(
        pipeline: given.pipeline, ranks: ranks, isConsecutive: given.isPure || isConsecutive) ?? 0
    }
    dataCoefficient = coefficient(given.strategy.dataParallel, !isConsecutive)
    tensorTime = tensorTraffic * coefficient(given.strategy.tensorParallel, isConsecutive)
  }
}
