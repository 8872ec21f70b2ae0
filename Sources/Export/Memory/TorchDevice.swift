import ClusterSimulation

/// The blocks of one rank at addresses of one segment: a slot that is free is used again for a block of its size, so slots
/// never overlap and tile the segment.
struct TorchDevice {
  /// A stretch of the segment.
  struct Slot: Hashable {
    var offset: Int64
    var size: Int64
    /// Block it holds at the end; `nil` when it is free.
    var holds: Int?
  }

  /// Something the allocator does.
  struct Event: Hashable {
    enum Action: Hashable {
      case take
      case giveBack
    }
    var action: Action
    /// Index of the block.
    var block: Int?
    /// Place in the segment.
    var offset: Int64
    /// Index of the change that did it; `nil` for what is resident from the start.
    var change: Int?
  }

  let blocks: [MemoryBlocks.Block]
  let changes: [MemoryChange]
  let capacity: Int64
  let failure: TimelineOverview.Failure?
  let firstRow: Int
  /// Kind (above 24 bits) and name of the rank's tasks, by row.
  let taskNames: [Int32]
  /// In the order of their places.
  private(set) var slots: [Slot] = []
  private(set) var events: [Event] = []

  /// Bytes of all slots.
  var slotBytes: Int64 { slots.last.map { $0.offset + $0.size } ?? 0 }

  init(
    _ timeline: MemoryTimeline, capacity: Int64, failure: TimelineOverview.Failure?, firstRow: Int, taskNames: [Int32],
    alignment: Int64
  ) {
    let count = failure == nil ? timeline.changes.count : Self.changesThatFit(timeline, capacity)
    blocks = MemoryBlocks(timeline, changes: count).blocks
    changes = timeline.changes
    self.capacity = capacity
    self.failure = failure
    self.firstRow = firstRow
    self.taskNames = taskNames
    place(changes: count, alignment: alignment)
  }

  /// Changes before the first that exceeds a capacity.
  private static func changesThatFit(_ timeline: MemoryTimeline, _ capacity: Int64) -> Int {
    var sum = timeline.resident.reduce(0) { $0 + $1.bytes.count }
    for (index, change) in timeline.changes.enumerated() {
      sum += change.bytes
      if sum > capacity { return index }
    }
    return timeline.changes.count
  }

  private mutating func place(changes count: Int, alignment: Int64) {
    var taken: [[Int]] = Array(repeating: [], count: count + 1)
    var givenBack: [[Int]] = Array(repeating: [], count: count)
    for (index, block) in blocks.enumerated() {
      taken[block.takenBy + 1].append(index)
      if let change = block.givenBackBy { givenBack[change].append(index) }
    }
    var free: [Int64: [Int]] = [:]
    var slotOfBlock = Array(repeating: -1, count: blocks.count)
    func size(_ block: Int) -> Int64 { (blocks[block].size + alignment - 1) / alignment * alignment }
    for change in -1..<count {
      if change >= 0 {
        for block in givenBack[change] {
          let slot = slotOfBlock[block]
          slots[slot].holds = nil
          free[slots[slot].size, default: []].append(slot)
          events.append(Event(action: .giveBack, block: block, offset: slots[slot].offset, change: change))
        }
      }
      for block in taken[change + 1] {
        let slot = free[size(block)]?.popLast() ?? slots.count
        if slot == slots.count { slots.append(Slot(offset: slotBytes, size: size(block), holds: nil)) }
        slots[slot].holds = block
        slotOfBlock[block] = slot
        events.append(
          Event(action: .take, block: block, offset: slots[slot].offset, change: change >= 0 ? change : nil))
      }
    }
  }
}
