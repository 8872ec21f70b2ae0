import Parallelism

/// What a caching allocator makes of a rank's memory ledger.
public struct AllocatorReport: Hashable, Sendable {
  /// The most bytes of live tensors, rounded to 512 each.
  public var allocatedPeak: Int64
  /// The most bytes held in segments.
  public var reservedPeak: Int64
  /// Bytes held in segments when live tensors were at their most.
  public var reservedAtAllocatedPeak: Int64
  /// How often unused segments had to be given back.
  public var flushes: Int
  /// The change of the ledger whose request could not be met, and what the allocator said; `nil` when all were.
  public var failure: AllocatorFailure?

  /// Share of the held bytes that no tensor used when most were held: `1 - allocated / reserved`.
  public var fragmentation: Double {
    reservedPeak > 0 ? 1 - Double(allocatedPeak) / Double(reservedPeak) : 0
  }
}

/// A request of the ledger that the allocator could not meet.
public struct AllocatorFailure: Hashable, Sendable {
  /// The change; `nil` for memory resident from the start.
  public var change: MemoryChange?
  /// What the allocator said.
  public var reason: AllocatorExhausted
}

/// Feeds a rank's ledger to a ``CachingAllocator``.
///
/// Model states are there from the start, tensor by tensor, as DeepSpeed makes them; a framework that makes optimizer states in
/// the first update scatters them over the segments activations have left, and holds more. Then two iterations run: the
/// second, which starts with what the first has cached, is what training repeats. Tensors of collectives lie on streams
/// of their own, whose blocks others cannot use.
public struct AllocatorReplay {
  private let resident: [ResidentMemory]
  private let changes: [MemoryChange]
  /// Kind of block of each change; shape `[changes]`.
  private let kinds: [Int32]
  private var allocator: CachingAllocator
  private var live: [BlockQueue]
  private var reservedAtPeak: Int64 = 0

  /// What frees are matched by: the oldest block of the same kind and size.
  private struct Kind: Hashable {
    var category: MemoryCategory
    var layer: Int32
    var bytes: Int64
  }

  /// Live blocks of a kind, oldest first.
  private struct BlockQueue {
    private var blocks: [CachingAllocator.Block] = []
    private var first = 0

    mutating func append(_ block: CachingAllocator.Block) { blocks.append(block) }

    mutating func popOldest() -> CachingAllocator.Block? {
      guard first < blocks.count else { return nil }
      defer {
        first += 1
        if first == blocks.count {
          blocks.removeAll(keepingCapacity: true)
          first = 0
        }
      }
      return blocks[first]
    }
  }

  /// Prepares a rank.
  ///
  /// - Parameter capacity: Bytes the allocator may hold: the device's without its context.
  public init(_ timeline: MemoryTimeline, capacity: Int64, rules: AllocatorRules = AllocatorRules()) {
    resident = timeline.resident
    changes = timeline.changes
    allocator = CachingAllocator(capacity: capacity, rules: rules)
    var numbers: [Kind: Int32] = [:]
    kinds = timeline.changes.map { change in
      let kind = Kind(category: change.category, layer: change.layer, bytes: abs(change.bytes))
      if let number = numbers[kind] { return number }
      let number = Int32(numbers.count)
      numbers[kind] = number
      return number
    }
    live = Array(repeating: BlockQueue(), count: numbers.count)
  }

  /// Runs both iterations.
  public consuming func run() -> AllocatorReport {
    var failure: AllocatorFailure?
    do throws(AllocatorFailureError) {
      try holdResident { $0 != .context }
      try iterate()
      try iterate()
    } catch { failure = error.failure }
    return AllocatorReport(
      allocatedPeak: allocator.allocatedPeak, reservedPeak: allocator.reservedPeak,
      reservedAtAllocatedPeak: reservedAtPeak, flushes: allocator.flushes, failure: failure)
  }

  private struct AllocatorFailureError: Error { var failure: AllocatorFailure }

  private mutating func holdResident(_ isWanted: (MemoryCategory) -> Bool) throws(AllocatorFailureError) {
    for part in resident where isWanted(part.category) && part.bytes > .zero {
      let tensors = part.layer >= 0 ? Self.tensors(of: part.category) : 1
      let each = (part.bytes.count + tensors - 1) / tensors
      for index in 0..<tensors {
        let bytes = min(each, part.bytes.count - each * index)
        if bytes > 0 { _ = try take(bytes, stream: 0, nil) }
      }
    }
  }

  /// Tensors that hold a layer's states: a block of a Transformer has about seven matrices, Adam keeps three of each.
  private static func tensors(of category: MemoryCategory) -> Int64 {
    switch category {
    case .parameters, .gradients: 7
    case .optimizer: 21
    default: 1
    }
  }

  private mutating func iterate() throws(AllocatorFailureError) {
    for index in changes.indices {
      let kind = Int(kinds[index])
      if changes[index].bytes > 0 {
        let block = try take(changes[index].bytes, stream: Self.stream(of: changes[index].category), index)
        live[kind].append(block)
      } else if let block = live[kind].popOldest() {
        allocator.free(block)
      }
    }
    // What the ledger frees in other sizes than it took is gone at the end of an iteration.
    for kind in live.indices {
      while let block = live[kind].popOldest() { allocator.free(block) }
    }
  }

  private mutating func take(
    _ bytes: Int64, stream: Int, _ index: Int?
  ) throws(AllocatorFailureError) -> CachingAllocator.Block {
    let before = allocator.allocatedPeak
    do throws(AllocatorExhausted) {
      let block = try allocator.allocate(bytes, stream: stream)
      if allocator.allocatedPeak > before { reservedAtPeak = allocator.reserved }
      return block
    } catch {
      throw AllocatorFailureError(failure: AllocatorFailure(change: index.map { changes[$0] }, reason: error))
    }
  }

  private static func stream(of category: MemoryCategory) -> Int {
    switch category {
    case .gathered: 1
    case .communication: 2
    default: 0
    }
  }
}
