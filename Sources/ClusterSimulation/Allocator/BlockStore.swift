import Parallelism

/// Which blocks may serve a request.
struct BlockPoolKey: Hashable {
  var isSmall: Bool
  var stream: Int
}

/// Blocks of all segments: where they lie, which are free.
///
/// Neighbours of a segment are linked in order of address. Free blocks of a pool are kept in order of size, then address.
struct BlockStore {
  private struct Entry {
    var address: Int64
    var size: Int64
    /// Neighbours in the segment, or -1.
    var before: Int32
    var after: Int32
    var pool: Int32
    var isFree: Bool
    /// When it was freed last, counted in requests.
    var freedAt: Int
  }

  /// Order of free blocks.
  private struct FreeKey: Comparable {
    var size: Int64
    var address: Int64
    var index: Int32

    static func < (left: FreeKey, right: FreeKey) -> Bool {
      (left.size, left.address) < (right.size, right.address)
    }
  }

  private var entries: [Entry] = []
  private var unused: [Int32] = []
  private var pools: [BlockPoolKey] = []
  private var free: [[FreeKey]] = []
  /// Last block of each pool's growing segment, or -1.
  private var tails: [Int32] = []
  /// Where the next segment begins; segments never touch.
  private var nextAddress: Int64 = 0
  private var clock = 0

  /// Bytes of a block.
  func size(_ index: Int32) -> Int64 { entries[Int(index)].size }

  /// Addresses of a block.
  func range(_ index: Int32) -> Range<Int64> {
    let entry = entries[Int(index)]
    return entry.address..<entry.address + entry.size
  }

  /// The smallest free block that may serve a request.
  mutating func bestFit(_ size: Int64, pool key: BlockPoolKey, rules: AllocatorRules) -> Int32? {
    clock += 1
    let pool = number(of: key)
    let list = free[pool]
    var low = 0
    var high = list.count
    while low < high {
      let middle = (low + high) / 2
      if list[middle].size < size { low = middle + 1 } else { high = middle }
    }
    guard low < list.count else { return nil }
    if let limit = rules.maximumSplitSize, !key.isSmall {
      // A small request must not take a block that may not be split, a large one only a block of about its size.
      if size < limit, list[low].size >= limit { return nil }
      if size >= limit, list[low].size >= size + AllocatorRules.largeSegment { return nil }
    }
    return list[low].index
  }

  /// Makes a free block live, and what it has beyond the request a free block of its own where blocks are split.
  mutating func take(_ index: Int32, size: Int64, pool key: BlockPoolKey, rules: AllocatorRules) {
    removeFree(index)
    entries[Int(index)].isFree = false
    let rest = entries[Int(index)].size - size
    let splits =
      key.isSmall || rules.usesExpandableSegments
      ? rest >= AllocatorRules.granularity
      : rest > AllocatorRules.smallRequest && size < rules.maximumSplitSize ?? .max
    guard splits else { return }
    let entry = entries[Int(index)]
    let other = add(
      Entry(
        address: entry.address + size, size: rest, before: index, after: entry.after, pool: entry.pool, isFree: true,
        freedAt: clock))
    entries[Int(index)].size = size
    entries[Int(index)].after = other
    if entry.after >= 0 { entries[Int(entry.after)].before = other }
    if tails[Int(entry.pool)] == index { tails[Int(entry.pool)] = other }
    insertFree(other)
  }

  /// Makes a live block free and joins it with free neighbours.
  mutating func release(_ index: Int32) {
    clock += 1
    var block = index
    entries[Int(block)].isFree = true
    entries[Int(block)].freedAt = clock
    let before = entries[Int(block)].before
    if before >= 0, entries[Int(before)].isFree {
      removeFree(before)
      absorb(block, into: before)
      block = before
    }
    let after = entries[Int(block)].after
    if after >= 0, entries[Int(after)].isFree {
      removeFree(after)
      absorb(after, into: block)
    }
    entries[Int(block)].freedAt = clock
    insertFree(block)
  }

  /// A new segment: one free block.
  mutating func addSegment(_ bytes: Int64, pool key: BlockPoolKey) -> Int32 {
    let pool = number(of: key)
    let index = add(
      Entry(
        address: nextAddress, size: bytes, before: -1, after: -1, pool: Int32(pool), isFree: true, freedAt: clock))
    // Room for a growing segment; a terabyte apart, no two ever touch.
    nextAddress += max(bytes, 1 << 40)
    insertFree(index)
    return index
  }

  // MARK: Growing segments

  /// The free block at the end of a pool's growing segment.
  mutating func freeTail(_ key: BlockPoolKey) -> Int32? {
    let tail = tails[number(of: key)]
    return tail >= 0 && entries[Int(tail)].isFree ? tail : nil
  }

  /// Lets a pool's segment grow: the free block at its end.
  mutating func extend(_ key: BlockPoolKey, by bytes: Int64) -> Int32 {
    let pool = number(of: key)
    let tail = tails[pool]
    guard tail >= 0 else {
      tails[pool] = addSegment(bytes, pool: key)
      return tails[pool]
    }
    if entries[Int(tail)].isFree {
      removeFree(tail)
      entries[Int(tail)].size += bytes
      insertFree(tail)
      return tail
    }
    let last = entries[Int(tail)]
    let index = add(
      Entry(
        address: last.address + last.size, size: bytes, before: tail, after: -1, pool: Int32(pool), isFree: true,
        freedAt: clock))
    entries[Int(tail)].after = index
    tails[pool] = index
    insertFree(index)
    return index
  }

  /// Gives whole pages at the free ends of growing segments back: their bytes.
  mutating func dropTails(granularity: (_ isSmall: Bool) -> Int64) -> Int64 {
    var dropped: Int64 = 0
    for pool in pools.indices {
      guard tails[pool] >= 0, entries[Int(tails[pool])].isFree else { continue }
      let tail = tails[pool]
      let pages = entries[Int(tail)].size / granularity(pools[pool].isSmall) * granularity(pools[pool].isSmall)
      guard pages > 0 else { continue }
      dropped += pages
      removeFree(tail)
      entries[Int(tail)].size -= pages
      if entries[Int(tail)].size > 0 {
        insertFree(tail)
      } else {
        tails[pool] = entries[Int(tail)].before
        if tails[pool] >= 0 { entries[Int(tails[pool])].after = -1 }
        unused.append(tail)
      }
    }
    return dropped
  }

  // MARK: Unused segments

  /// Mean age of unused segments, in requests.
  var averageAge: Double {
    let ages = unusedSegments.map { Double(clock - entries[Int($0)].freedAt) }
    return ages.isEmpty ? 0 : ages.reduce(0, +) / Double(ages.count)
  }

  private var unusedSegments: [Int32] {
    free.flatMap { $0.map(\.index) }.filter { entries[Int($0)].before < 0 && entries[Int($0)].after < 0 }
      .filter { !tails.contains($0) }
  }

  /// Gives back unused segments that a test of bytes and age admits, the oldest first: their bytes.
  mutating func dropUnused(where admits: (_ bytes: Int64, _ age: Double) -> Bool) -> Int64 {
    var dropped: Int64 = 0
    let oldest = unusedSegments.sorted {
      let (left, right) = (entries[Int($0)], entries[Int($1)])
      return left.freedAt != right.freedAt ? left.freedAt < right.freedAt : left.address < right.address
    }
    for index in oldest where admits(entries[Int(index)].size, Double(clock - entries[Int(index)].freedAt)) {
      removeFree(index)
      dropped += entries[Int(index)].size
      unused.append(index)
    }
    return dropped
  }

  /// Bytes of live blocks and of free ones, and segments.
  var accounts: (live: Int64, free: Int64, segments: Int) {
    let dead = Set(unused)
    var result: (live: Int64, free: Int64, segments: Int) = (0, 0, 0)
    for (index, entry) in entries.enumerated() where !dead.contains(Int32(index)) {
      if entry.isFree { result.free += entry.size } else { result.live += entry.size }
      if entry.before < 0 { result.segments += 1 }
    }
    return result
  }

  // MARK: Parts

  private mutating func number(of key: BlockPoolKey) -> Int {
    if let known = pools.firstIndex(of: key) { return known }
    pools.append(key)
    free.append([])
    tails.append(-1)
    return pools.count - 1
  }

  private mutating func add(_ entry: Entry) -> Int32 {
    if let index = unused.popLast() {
      entries[Int(index)] = entry
      return index
    }
    entries.append(entry)
    return Int32(entries.count - 1)
  }

  /// Joins a block to the one before it.
  private mutating func absorb(_ block: Int32, into before: Int32) {
    let entry = entries[Int(block)]
    entries[Int(before)].size += entry.size
    entries[Int(before)].after = entry.after
    if entry.after >= 0 { entries[Int(entry.after)].before = before }
    if tails[Int(entry.pool)] == block { tails[Int(entry.pool)] = before }
    unused.append(block)
  }

  private func key(_ index: Int32) -> FreeKey {
    FreeKey(size: entries[Int(index)].size, address: entries[Int(index)].address, index: index)
  }

  private func place(_ key: FreeKey, in list: [FreeKey]) -> Int {
    var low = 0
    var high = list.count
    while low < high {
      let middle = (low + high) / 2
      if list[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private mutating func insertFree(_ index: Int32) {
    let pool = Int(entries[Int(index)].pool)
    let key = key(index)
    let place = place(key, in: free[pool])
    free[pool].insert(key, at: place)
  }

  private mutating func removeFree(_ index: Int32) {
    let pool = Int(entries[Int(index)].pool)
    let place = place(key(index), in: free[pool])
    free[pool].remove(at: place)
  }
}
