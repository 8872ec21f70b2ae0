import ClusterSimulation

/// The memory of a rank as blocks, each taken once and given back once, as an allocator sees it.
///
/// The ledger of a simulation says how many bytes of a kind are taken and given back, not which. Here they are matched:
/// bytes given back are those of the same category, layer and micro-batch where there are any, else of the same
/// category and layer, else of the category; a block of the very size first, then the oldest. What is given back in
/// parts is taken in parts.
struct MemoryBlocks {
  /// One block.
  struct Block: Hashable {
    /// Bytes.
    var size: Int64
    var category: MemoryCategory
    var layer: Int32
    var microBatch: Int32
    /// Index of the change that took it; -1 for memory resident from the start.
    var takenBy: Int
    /// Index of the change that gave it back; `nil` when it is held at the end.
    var givenBackBy: Int?
  }

  /// All blocks, in the order in which they are taken, but parts of one stand together.
  private(set) var blocks: [Block] = []
  /// Blocks that are held, by category, then in order.
  private var held: [[Int]] = Array(repeating: [], count: MemoryCategory.allCases.count)

  /// Matches the changes of a ledger up to an index.
  init(_ timeline: MemoryTimeline, changes: Int) {
    for part in timeline.resident where part.bytes.count > 0 {
      take(part.bytes.count, part.category, layer: part.layer, microBatch: -1, by: -1)
    }
    for (index, change) in timeline.changes.prefix(changes).enumerated() {
      if change.bytes > 0 {
        take(change.bytes, change.category, layer: change.layer, microBatch: change.microBatch, by: index)
      } else if change.bytes < 0 {
        giveBack(change, by: index)
      }
    }
  }

  private mutating func take(
    _ size: Int64, _ category: MemoryCategory, layer: Int32, microBatch: Int32, by change: Int
  ) {
    held[Int(category.rawValue)].append(blocks.count)
    blocks.append(
      Block(size: size, category: category, layer: layer, microBatch: microBatch, takenBy: change, givenBackBy: nil))
  }

  private mutating func giveBack(_ change: MemoryChange, by index: Int) {
    var left = -change.bytes
    let category = Int(change.category.rawValue)
    while left > 0, let position = bestMatch(change, size: left) {
      let block = held[category][position]
      if blocks[block].size > left { split(block, keeping: blocks[block].size - left, at: position, in: category) }
      let taken = held[category][position]
      blocks[taken].givenBackBy = index
      left -= blocks[taken].size
      held[category].remove(at: position)
    }
  }

  /// Parts a block in two; the position then holds the part that is not kept.
  private mutating func split(_ block: Int, keeping rest: Int64, at position: Int, in category: Int) {
    var part = blocks[block]
    part.size -= rest
    blocks[block].size = rest
    held[category].insert(blocks.count, at: position)
    blocks.append(part)
  }

  /// Position of the block to give back first.
  private func bestMatch(_ change: MemoryChange, size: Int64) -> Int? {
    var best: (position: Int, rank: Int)?
    let candidates = held[Int(change.category.rawValue)]
    for (position, index) in candidates.enumerated() {
      let block = blocks[index]
      let nearness = block.layer != change.layer ? 0 : block.microBatch != change.microBatch ? 2 : 4
      let rank = nearness + (block.size == size ? 1 : 0)
      if rank == 5 { return position }
      if best.map({ rank > $0.rank }) ?? true { best = (position, rank) }
    }
    return best?.position
  }
}
