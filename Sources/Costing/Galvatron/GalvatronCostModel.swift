import Parallelism

/// The cost model of Hetu-Galvatron 2.4.1, number for number (PKU-DAIR/Hetu-Galvatron@cea12ff, layer_cost and
/// embedding_lmhead_cost).
///
/// It prices one micro-batch. Recomputation repeats the forward pass; tensor-parallel traffic and the gathering of
/// sharded parameters in the forward pass are never hidden.
public struct GalvatronCostModel: Sendable {
  /// The model's profile.
  public let model: GalvatronModelProfile
  /// The cluster's profile.
  public let hardware: GalvatronHardware
  /// How the runtime trains.
  public let training: GalvatronTraining
  private let overlap: OverlapRule

  /// MB of the driver and the communication library.
  static let contextMemory = 1024.0

  /// Prices a model on a cluster.
  public init(model: GalvatronModelProfile, hardware: GalvatronHardware, training: GalvatronTraining) {
    self.model = model
    self.hardware = hardware
    self.training = training
    overlap = OverlapRule(slowdown: hardware.overlapSlowdown)
  }

  /// A strategy with the pipeline and the batch it works on.
  public struct Case: Hashable, Sendable {
    /// The strategy.
    public var strategy: LayerStrategy
    /// Stages.
    public var pipeline: Int
    /// Samples of an iteration.
    public var globalBatch: Int
    /// Micro-batches of an iteration.
    public var microBatches: Int

    /// Collects the parts.
    public init(strategy: LayerStrategy, pipeline: Int, globalBatch: Int, microBatches: Int) {
      self.strategy = strategy
      self.pipeline = pipeline
      self.globalBatch = globalBatch
      self.microBatches = microBatches
    }

    /// Samples of a rank in one micro-batch.
    var localBatch: Double { Double(globalBatch / microBatches / strategy.dataParallel) }
    /// Ranks that share model states: replicas, and the ranks of an Ulysses group with them.
    var sharingRanks: Double { Double(strategy.dataParallel * strategy.ulysses) }
    /// Tensor-parallel or Ulysses degree.
    var splitDegree: Int { max(strategy.tensorParallel, strategy.ulysses) }
  }

  /// Seconds of one micro-batch, with and without the reduction of gradients.
  public struct LayerTime: Hashable, Sendable {
    /// With the reduction.
    public var synchronizing: Double
    /// Without.
    public var plain: Double
  }

  // MARK: Layers

  /// Time of a layer for one micro-batch.
  public func time(_ layer: GalvatronLayerProfile, _ given: Case) -> LayerTime {
    let count = Double(layer.count)
    let forward = layer.forward.value(at: given.localBatch / Double(given.splitDegree)) * count
    let backward = 2 * forward + (given.strategy.recompute == .full ? forward : 0)
    let traffic = dataTraffic(layer, given)
    let coefficient = dataCoefficient(given)
    let split = splitTime(layer, given) * count
    func seconds(_ traffic: Double) -> Double {
      var time = forward + backward + split
      if given.strategy.dataParallel > 1 {
        time = forward + split + overlap.time(traffic: traffic, coefficient: coefficient, computation: backward)
      }
      if given.strategy.zero == .parameters { time += 0.5 * dataTraffic(layer, given) * coefficient }
      if given.pipeline > 1 { time += Double(given.pipeline) * message(layer, given) }
      return time * 0.001 / count
    }
    return LayerTime(synchronizing: seconds(traffic), plain: seconds(0))
  }

  /// MB of gradient traffic of all layers of a kind.
  private func dataTraffic(_ layer: GalvatronLayerProfile, _ given: Case) -> Double {
    let parameters = layer.parameters / Double(given.strategy.tensorParallel)
    let traffic = 2 * (given.sharingRanks - 1) * (parameters / given.sharingRanks) * Double(layer.count)
    return training.isMixedPrecision ? traffic / 2 : traffic
  }

  /// Milliseconds per MB of the group that shares model states; strided when tensor parallelism holds the neighbours.
  private func dataCoefficient(_ given: Case) -> Double {
    hardware.coefficient(ranks: Int(given.sharingRanks), isConsecutive: given.strategy.tensorParallel == 1) ?? 0
  }

  /// Milliseconds of activation traffic of one layer: six all-gathers, or four all-to-alls under Ulysses; half as much
  /// again when the forward pass is repeated.
  private func splitTime(_ layer: GalvatronLayerProfile, _ given: Case) -> Double {
    guard given.splitDegree > 1 else { return 0 }
    let size = given.localBatch * layer.sampleSize(bytesPerElement: training.bytesPerElement)
    let isTensor = given.strategy.tensorParallel > 1
    let table = isTensor ? hardware.allGather[given.splitDegree] : hardware.allToAll[given.splitDegree]
    let calls = (isTensor ? 6.0 : 4.0) * (given.strategy.recompute == .full ? 1.5 : 1)
    return calls * (table?.time(megabytes: size) ?? .infinity)
  }

  /// Milliseconds of the messages of one micro-batch to and from a stage.
  private func message(_ layer: GalvatronLayerProfile, _ given: Case) -> Double {
    2 * given.localBatch * layer.sampleSize(bytesPerElement: training.bytesPerElement)
      * (hardware.pointToPoint[given.pipeline] ?? .infinity)
  }

  /// MB of a layer on a rank of a stage.
  public func memory(_ layer: GalvatronLayerProfile, _ given: Case, stage: Int) -> Double {
    let states = 4 * (layer.parameters / Double(given.strategy.tensorParallel)) * statesRatio(given)
    let live = given.pipeline == 1 ? 1 : (training.isGPipe ? given.microBatches : given.pipeline - stage)
    let samples = Double(live) * given.localBatch
    guard given.strategy.recompute == .full else {
      return states + (layer.activations[given.splitDegree] ?? .infinity) * samples
    }
    let isSplit = given.strategy.ulysses > 1 || (given.strategy.tensorParallel > 1 && training.isSequenceParallel)
    let kept = (layer.checkpoint ?? .infinity) * samples
    return states + (isSplit ? kept / Double(given.splitDegree) : kept)
  }

  /// Share of the model states a rank keeps: `1/d`, plus 0.003 so that the estimate is not below what is measured, and
  /// the parts that are not sharded between micro-batches.
  func statesRatio(_ given: Case) -> Double {
    let shard = 1 / given.sharingRanks + 0.003
    let isCut = given.microBatches > 1
    switch (given.strategy.zero, isCut, training.reducesAsynchronously, training.isMixedPrecision) {
    case (.none, _, _, _), (.optimizer, _, _, _): return 1
    case (.gradients, true, true, true): return 6.0 / 8 * shard + 2.0 / 8
    case (.gradients, true, true, false): return 2.0 / 4 * shard + 2.0 / 4
    case (.gradients, true, false, true): return (7.0 / 8 * shard + 1.0 / 8) * 5 / 4
    case (.gradients, _, _, true), (.parameters, true, true, true): return 7.0 / 8 * shard + 1.0 / 8
    case (.gradients, _, _, false), (.parameters, true, true, false): return 3.0 / 4 * shard + 1.0 / 4
    case (.parameters, true, false, _): return shard * 5 / 4
    case (.parameters, false, _, _): return shard
    }
  }
}
