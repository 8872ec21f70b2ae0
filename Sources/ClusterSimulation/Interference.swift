import Hardware
import Workload

/// How kernels and collectives slow each other down when they run on a GPU at the same time.
///
/// A collective runs on multiprocessors that the kernel beside it does not get, and both read and write the same memory.
/// While at least one collective is under way on a GPU, its kernel runs at `1 / kernel` of its speed; while a kernel runs
/// on any member's GPU, the collective moves at no more than `1 / collective` of the rate it has alone. Both coefficients
/// belong to the GPU (``InterferenceTraits``). Messages between stages use a channel or two and copies use copy engines: neither counts.
struct Interference: Sendable {
  /// Whether anything can slow anything down.
  let isActive: Bool
  /// What each simulated rank's kernels are slowed down by; shape `[ranks]`.
  let kernelFactors: [Double]
  /// What each simulated rank's collectives are slowed down by; shape `[ranks]`.
  let collectiveFactors: [Double]

  /// None.
  init() {
    isActive = false
    kernelFactors = []
    collectiveFactors = []
  }

  /// That of a setup's GPUs; none when the plan has no collectives or the option is off.
  init(_ setup: TrainingSetup, programs: ProgramSet, map: RankMap) {
    let isPossible =
      setup.options.modelsInterference && setup.cluster.devices.contains { $0.interference?.isSlow == true }
    isActive =
      isPossible
      && programs.operations.indices.contains { Self.isCollective(programs.operations[$0], programs.infos[$0]) }
    let traits = isActive ? map.globalRanks.map { setup.cluster.device(ofRank: $0).interference } : []
    kernelFactors = traits.map { $0?.kernel ?? 1 }
    collectiveFactors = traits.map { $0?.collective ?? 1 }
  }

  private static func isCollective(_ operation: Operation, _ info: OperationInfo) -> Bool {
    info.call != nil && info.groupSize > 1 && operation.duration > 0 && isCollective(stream: Int(operation.stream))
  }

  /// Whether operations of a stream are collectives, which take multiprocessors.
  @inline(__always)
  static func isCollective(stream: Int) -> Bool { collectiveStreams & (1 << UInt8(stream)) != 0 }

  private static let collectiveStreams: UInt8 =
    [StreamKind.tensor, .data, .context, .expert].reduce(0) { $0 | 1 << $1.rawValue }
}

/// What runs at the same time on each simulated rank, and how much of it is left.
struct Overlap: ~Copyable {
  /// The kernel of a rank.
  struct Kernel: BitwiseCopyable {
    /// Nanoseconds at full speed.
    var left = 0.0
    var since: Int64 = 0
    var isRunning = false
    var isSlowed = false
    /// Whether its end has never been computed.
    var isFresh = false
  }

  /// A collective, at the first of the streams that run it.
  struct Transfer: BitwiseCopyable {
    /// Nanoseconds at full speed; unused for a flow.
    var left = 0.0
    var since: Int64 = 0
    /// Its flow; -1 when its time is a closed form.
    var flow: Int32 = -1
    /// Members whose GPU runs a kernel.
    var busyMembers: Int32 = 0
    var factor = 1.0
    var isSlowed = false
    /// Whether its end has never been computed.
    var isFresh = false
    /// Whether it is in the list of those to look at.
    var isListed = false
  }

  /// Payload of the event at which the touched ranks of an instant are looked at.
  static let settlement = UInt32((1 << 28) - 3)

  let isActive: Bool
  /// Whether that event is scheduled.
  var settlementIsDue = false
  let kernelFactors: FixedBuffer<Double>
  let collectiveFactors: FixedBuffer<Double>
  /// Shape `[ranks]`.
  let kernels: FixedBuffer<Kernel>
  /// Shape `[ranks * StreamKind.count]`.
  let transfers: FixedBuffer<Transfer>
  /// The stream that stands for the collective each stream takes part in.
  let leaders: FixedBuffer<Int32>
  /// Streams of each rank that run a collective, one bit each.
  let communicating: FixedBuffer<UInt8>
  /// Whether each rank ran a kernel when it was last looked at.
  let wasComputing: FixedBuffer<Bool>
  private let touchedFlags: FixedBuffer<Bool>
  private let touched: FixedBuffer<Int32>
  private(set) var touchedCount = 0
  private let listed: FixedBuffer<Int32>
  private(set) var listedCount = 0

  init(_ interference: Interference, rankCount: Int) {
    isActive = interference.isActive
    let ranks = isActive ? rankCount : 0
    kernelFactors = FixedBuffer(interference.kernelFactors)
    collectiveFactors = FixedBuffer(interference.collectiveFactors)
    kernels = FixedBuffer(repeating: Kernel(), count: ranks)
    transfers = FixedBuffer(repeating: Transfer(), count: ranks * StreamKind.count)
    leaders = FixedBuffer(repeating: -1, count: ranks * StreamKind.count)
    communicating = FixedBuffer(repeating: 0, count: ranks)
    wasComputing = FixedBuffer(repeating: false, count: ranks)
    touchedFlags = FixedBuffer(repeating: false, count: ranks)
    touched = FixedBuffer(repeating: 0, count: ranks)
    listed = FixedBuffer(repeating: 0, count: ranks * StreamKind.count)
  }

  /// Notes that something has started or ended on a rank.
  @inline(__always)
  mutating func touch(_ rank: Int) {
    guard !touchedFlags[rank] else { return }
    touchedFlags[rank] = true
    touched[touchedCount] = Int32(truncatingIfNeeded: rank)
    touchedCount += 1
  }

  /// Takes a rank that was touched.
  mutating func takeTouched() -> Int? {
    guard touchedCount > 0 else { return nil }
    touchedCount -= 1
    let rank = Int(touched[touchedCount])
    touchedFlags[rank] = false
    return rank
  }

  /// Notes that a collective has to be looked at.
  mutating func list(_ leader: Int) {
    var transfer = transfers[leader]
    guard !transfer.isListed else { return }
    transfer.isListed = true
    transfers[leader] = transfer
    listed[listedCount] = Int32(truncatingIfNeeded: leader)
    listedCount += 1
  }

  /// Takes a collective that was listed.
  mutating func takeListed() -> Int? {
    guard listedCount > 0 else { return nil }
    listedCount -= 1
    let leader = Int(listed[listedCount])
    var transfer = transfers[leader]
    transfer.isListed = false
    transfers[leader] = transfer
    return leader
  }
}
