import Costing
import Hardware
import Parallelism
import Quantities
import Workload

/// One kernel with its price.
struct PricedKernel {
  var duration: Int64
  var traffic: Int64
  var operations: Double
  var basis: KernelBasis
}

/// One operator with its kernels priced.
struct PricedOperator {
  var name: Int32
  var forward: [PricedKernel]
  var backwardInput: [PricedKernel]
  var backwardWeight: [PricedKernel]
  var savedBytes: Int64
  var workspaceBytes: Int64
  var recompute: RecomputeGroup
}

/// One element of a layer, priced where the price does not depend on the rank.
enum PricedElement {
  case compute(PricedOperator)
  case collective(LayerCollective, name: Int32)
}

/// A layer on one rank: its elements, and how much memory its parameters and its output take.
struct PricedLayer {
  var elements: [PricedElement]
  /// Bytes handed to the next layer, per rank.
  var outputBytes: Int64
  /// Parameters one rank holds without ZeRO, by how their gradients are reduced.
  var denseParameters: Int64
  var expertParameters: Int64
  /// Parameters every tensor-parallel rank holds a copy of.
  var replicatedParameters: Int64
}

/// Prices layers once per kind and shard.
struct LayerPricing {
  private let setup: TrainingSetup
  /// What kernels cost on each kind of rank.
  private let costs: [any CostModel]
  /// Kind of rank that is priced now.
  var kind = 0
  /// What long runs leave of benchmarked products on each kind of rank.
  private let productRates: [Double]
  private let collectives: CollectiveCost
  private var layers: [LayerKey: PricedLayer] = [:]
  private var kernels: [[Kernel: PricedKernel]]
  private var calls: [CallKey: Int64] = [:]
  /// Interned names of operations.
  private(set) var names: [String] = []
  private var nameNumbers: [String: Int32] = [:]

  private struct LayerKey: Hashable {
    var role: LayerRole
    var type: Int
    var sequence: Int
    var shard: LayerShard
    var kind: Int
  }

  private struct CallKey: Hashable {
    var call: CollectiveCall
    var shape: GroupShape
  }

  init(setup: TrainingSetup, costs: [any CostModel], devices: [DeviceSpec]) {
    self.setup = setup
    productRates = devices.map { LongRunTraits.of($0).productRate }
    self.costs = costs
    kernels = costs.map { _ in [:] }
    collectives = CollectiveCost(fabric: Fabric(cluster: setup.cluster))
  }

  /// The number of a name.
  mutating func name(_ text: String) -> Int32 {
    if let number = nameNumbers[text] { return number }
    nameNumbers[text] = Int32(names.count)
    names.append(text)
    return Int32(names.count - 1)
  }

  /// A layer by number for a micro-batch of `size` sequences over all ranks.
  mutating func layer(_ number: Int, size: Int) -> PricedLayer {
    let layer = setup.layer(number)
    let shard = setup.shard(number, size: size)
    let key = LayerKey(
      role: layer.role, type: layer.typeIndex, sequence: layer.sequenceLength, shard: shard, kind: kind)
    if let known = layers[key] { return known }
    let priced = price(layer, shard)
    layers[key] = priced
    return priced
  }

  /// Nanoseconds of a collective over groups of one spread.
  mutating func duration(_ call: CollectiveCall, over shape: GroupShape) -> Int64 {
    let key = CallKey(call: call, shape: shape)
    if let known = calls[key] { return known }
    let time = collectives.duration(call, over: shape).roundedUp.nanoseconds
    calls[key] = time
    return time
  }

  /// Nanoseconds of a message.
  func messageDuration(_ bytes: Int64, crossesNodes: Bool) -> Int64 {
    collectives.messageDuration(Bytes(bytes), crossesNodes: crossesNodes).roundedUp.nanoseconds
  }

  /// A kernel's price.
  mutating func price(_ kernel: Kernel) -> PricedKernel {
    if let known = kernels[kind][kernel] { return known }
    let price = costs[kind].price(of: kernel)
    let priced = PricedKernel(
      duration: asRun(price.duration, kernel).roundedUp.nanoseconds, traffic: kernel.traffic.count,
      operations: kernel.operations.count, basis: price.basis)
    kernels[kind][kernel] = priced
    return priced
  }

  /// The time of a kernel at the clock that power allows for hours, with the framework's attention and casts.
  private func asRun(_ time: Seconds, _ kernel: Kernel) -> Seconds {
    let framework = setup.options.framework
    guard framework != .none else { return time }
    switch kernel.kind {
    case .memoryBound: return time
    case .gemm(let m, let n, let k, let batch):
      let product = (1 / productRates[kind]) * time
      guard kernel.format == .fp8, framework.cast > 0 else { return product }
      let elements = Double(batch) * Double(k) * (Double(m) + Double(n))
      let cast = Kernel.memoryBound(.cast, traffic: Bytes(Int64(framework.cast * elements)), format: .bf16)
      return product + costs[kind].duration(of: cast)
    case .attention: return (framework.attention / productRates[kind]) * time
    }
  }

  /// A kernel with the traffic it has where the framework does not fuse it.
  private func asRun(_ kernel: Kernel, in step: Workload.Operator) -> Kernel {
    guard case .memoryBound(let shape) = kernel.kind else { return kernel }
    let framework = setup.options.framework
    let factor =
      switch shape.operation {
      case _ where step.recompute == .attentionCore: framework.softmax
      case .crossEntropy: framework.crossEntropy
      case .layerNorm, .rmsNorm: framework.norm
      default: framework.elementwise
      }
    guard factor != 1 else { return kernel }
    let traffic = Bytes(Int64((factor * Double(kernel.traffic.count)).rounded()))
    return .memoryBound(
      shape.operation, width: shape.width, traffic: traffic, format: kernel.format, pass: kernel.pass)
  }

  private mutating func price(_ layer: Layer, _ shard: LayerShard) -> PricedLayer {
    let elements = layer.elements(shard).map { element -> PricedElement in
      switch element {
      case .compute(let step):
        .compute(
          PricedOperator(
            name: name(step.name), forward: step.forward.map { price(asRun($0, in: step)) },
            backwardInput: step.backwardInput.map { price(asRun($0, in: step)) },
            backwardWeight: step.backwardWeight.map { price(asRun($0, in: step)) }, savedBytes: step.savedBytes.count,
            workspaceBytes: step.workspaceBytes.count, recompute: step.recompute))
      case .collective(let collective): .collective(collective, name: name(collective.name))
      }
    }
    var priced = PricedLayer(
      elements: elements, outputBytes: layer.outputBytes(shard).count, denseParameters: 0, expertParameters: 0,
      replicatedParameters: 0)
    for group in layer.parameters {
      let count = group.countPerRank(
        tensorParallel: shard.tensorParallel, expertParallel: shard.expertParallel)
      if group.sharding == .expert { priced.expertParameters += count } else { priced.denseParameters += count }
      if group.sharding == .replicated { priced.replicatedParameters += count }
    }
    return priced
  }
}
