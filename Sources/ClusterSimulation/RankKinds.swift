import Costing
import Hardware
import Quantities
import Workload

/// What tells ranks apart before they communicate: their GPU, its speed, and when it is slow.
struct RankKinds {
  /// One kind of rank.
  struct Kind: Hashable {
    /// The GPU.
    var device: DeviceSpec
    /// Fraction of its normal speed.
    var speed: Double
    /// Its slow intervals, in order of time.
    var stragglers: [Conditions.Straggler]
  }

  /// Kinds in order of first appearance.
  private(set) var kinds: [Kind] = []
  /// Kind of each global rank; empty when all are alike.
  private var kindOfRank: [Int] = []

  init(_ setup: TrainingSetup) {
    let conditions = setup.conditions
    guard !setup.cluster.nodeGroups.isEmpty || !conditions.slowDevices.isEmpty || !conditions.stragglers.isEmpty else {
      kinds = [Kind(device: setup.cluster.device, speed: 1, stragglers: [])]
      return
    }
    var speeds: [Int: Double] = [:]
    for slow in conditions.slowDevices { speeds[slow.rank] = slow.speed }
    var intervals: [Int: [Conditions.Straggler]] = [:]
    for straggler in conditions.stragglers { intervals[straggler.rank, default: []].append(straggler) }
    var numbers: [Kind: Int] = [:]
    for rank in 0..<setup.cluster.deviceCount {
      let kind = Kind(
        device: setup.cluster.device(ofRank: rank), speed: speeds[rank] ?? 1,
        stragglers: (intervals[rank] ?? []).sorted { $0.from < $1.from })
      let number = numbers[kind] ?? kinds.count
      if number == kinds.count {
        numbers[kind] = number
        kinds.append(kind)
      }
      kindOfRank.append(number)
    }
  }

  /// Kind of a global rank.
  func kind(ofRank rank: Int) -> Int { kindOfRank.isEmpty ? 0 : kindOfRank[rank] }

  /// What kernels cost on each kind; `override` prices all kinds alike before their speeds.
  func costs(_ override: (any CostModel)?, _ choice: KernelCosts) -> [any CostModel] {
    kinds.map { kind in
      let model = override ?? choice.model(for: kind.device)
      return kind.speed == 1 ? model : SlowedCostModel(base: model, speed: kind.speed)
    }
  }
}

/// Another cost model's times at a fraction of the speed.
struct SlowedCostModel: CostModel {
  let base: any CostModel
  let speed: Double

  var name: String { base.name }

  func price(of kernel: Kernel) -> KernelPrice {
    let price = base.price(of: kernel)
    return KernelPrice(duration: (1 / speed) * price.duration, basis: price.basis)
  }
}
