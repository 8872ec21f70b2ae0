import Parallelism

/// A request that could not be met: the allocator may not hold more, and what it could give back was not enough.
public struct AllocatorExhausted: Error, Hashable, Sendable {
  /// Bytes of the request, rounded.
  public var requested: Int64
  /// Bytes of the segment it would have needed.
  public var segment: Int64
  /// Bytes of live blocks.
  public var allocated: Int64
  /// Bytes held.
  public var reserved: Int64
}

/// PyTorch's caching allocator for CUDA: which bytes of a GPU a sequence of requests and releases holds.
///
/// Requests are rounded to 512 bytes and cut from the smallest free block of their pool and stream that holds them; the
/// rest stays a free block. Freed blocks join free neighbours of their segment and stay held. Only when a new segment does
/// not fit are unused ones given back (``AllocatorRules`` has the constants and their source).
public struct CachingAllocator {
  /// Names a live block.
  public struct Block: Hashable, Sendable {
    let index: Int32
  }

  /// Settings.
  public let rules: AllocatorRules
  /// Most bytes it may hold.
  public let capacity: Int64
  /// Bytes of live blocks, rounded requests.
  public private(set) var allocated: Int64 = 0
  /// Bytes of all segments.
  public private(set) var reserved: Int64 = 0
  /// The most that ``allocated`` was.
  public private(set) var allocatedPeak: Int64 = 0
  /// The most that ``reserved`` was.
  public private(set) var reservedPeak: Int64 = 0
  /// How often unused segments were given back to make room.
  public private(set) var flushes = 0
  private var store = BlockStore()

  /// Starts empty.
  public init(capacity: Int64, rules: AllocatorRules = AllocatorRules()) {
    self.capacity = capacity
    self.rules = rules
  }

  /// Takes memory.
  ///
  /// - Parameters:
  ///   - bytes: Size of the tensor.
  ///   - stream: Stream it is used on; blocks of other streams are not reused.
  /// - Throws: ``AllocatorExhausted``; the allocator is then as before, but for segments it gave back.
  public mutating func allocate(_ bytes: Int64, stream: Int = 0) throws(AllocatorExhausted) -> Block {
    let size = AllocatorRules.rounded(bytes)
    let pool = BlockPoolKey(isSmall: size <= AllocatorRules.smallRequest, stream: stream)
    let found: Int32
    if let fit = store.bestFit(size, pool: pool, rules: rules) {
      found = fit
    } else {
      found = try grow(for: size, pool: pool)
    }
    store.take(found, size: size, pool: pool, rules: rules)
    allocated += store.size(found)
    allocatedPeak = max(allocatedPeak, allocated)
    return Block(index: found)
  }

  /// Gives a live block back to the cache.
  public mutating func free(_ block: Block) {
    allocated -= store.size(block.index)
    store.release(block.index)
  }

  /// Gives all unused segments back to the device (`torch.cuda.empty_cache()`).
  public mutating func emptyCache() { reserved -= store.dropUnused(where: { _, _ in true }) }

  /// Where a live block lies: addresses in bytes.
  func range(of block: Block) -> Range<Int64> { store.range(block.index) }

  /// Free blocks and segments, for tests: total bytes of blocks, live ones and free ones.
  var accounts: (live: Int64, free: Int64, segments: Int) { store.accounts }

  /// A free block from new memory.
  private mutating func grow(for size: Int64, pool: BlockPoolKey) throws(AllocatorExhausted) -> Int32 {
    if let threshold = rules.collectionThreshold,
      reserved + AllocatorRules.segment(for: size) > Int64(threshold * Double(capacity))
    {
      collect(to: Int64(threshold * Double(capacity)))
    }
    for attempt in 0..<2 {
      let tail = rules.usesExpandableSegments ? store.freeTail(pool) : nil
      let needed = size - (tail.map { store.size($0) } ?? 0)
      let growth =
        rules.usesExpandableSegments
        ? Self.whole(needed, pool.isSmall ? AllocatorRules.smallSegment : AllocatorRules.largeSegment)
        : AllocatorRules.segment(for: size)
      if reserved + growth <= capacity {
        reserved += growth
        reservedPeak = max(reservedPeak, reserved)
        return rules.usesExpandableSegments
          ? store.extend(pool, by: growth) : store.addSegment(growth, pool: pool)
      }
      guard attempt == 0 else {
        throw AllocatorExhausted(requested: size, segment: growth, allocated: allocated, reserved: reserved)
      }
      flushes += 1
      if rules.usesExpandableSegments {
        reserved -= store.dropTails(granularity: { $0 ? AllocatorRules.smallSegment : AllocatorRules.largeSegment })
      } else {
        emptyCache()
      }
      if let fit = store.bestFit(size, pool: pool, rules: rules) { return fit }
    }
    throw AllocatorExhausted(requested: size, segment: size, allocated: allocated, reserved: reserved)
  }

  private static func whole(_ bytes: Int64, _ unit: Int64) -> Int64 { (bytes + unit - 1) / unit * unit }

  /// Gives unused segments back, the longest unused first, until no more than a target is held.
  private mutating func collect(to target: Int64) {
    var excess = reserved - target
    guard excess > 0 else { return }
    let average = store.averageAge
    reserved -= store.dropUnused { bytes, age in
      guard excess > 0, age >= average else { return false }
      excess -= bytes
      return true
    }
  }
}
