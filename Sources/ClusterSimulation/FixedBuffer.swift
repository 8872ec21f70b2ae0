/// A fixed number of plain values in one allocation: hot state of the executors.
///
/// Indices are checked in debug builds only; every index the executors use comes from a validated program.
struct FixedBuffer<Element: BitwiseCopyable>: ~Copyable {
  /// Values held.
  let count: Int
  private let base: UnsafeMutablePointer<Element>

  /// `count` copies of a value.
  init(repeating value: Element, count: Int) {
    self.count = count
    base = .allocate(capacity: max(count, 1))
    base.initialize(repeating: value, count: count)
  }

  /// A copy of an array.
  init(_ elements: [Element]) {
    count = elements.count
    base = .allocate(capacity: max(count, 1))
    elements.withUnsafeBufferPointer { source in
      guard let first = source.baseAddress else { return }
      base.initialize(from: first, count: source.count)
    }
  }

  deinit { base.deallocate() }

  /// The value at an index.
  subscript(index: Int) -> Element {
    @inline(__always) get {
      assert(index >= 0 && index < count, "index outside the buffer")
      return base[index]
    }
    @inline(__always) nonmutating set {
      assert(index >= 0 && index < count, "index outside the buffer")
      base[index] = newValue
    }
  }

  /// The values from an index on, for a loop that reads or writes many of them.
  @inline(__always)
  func view(from index: Int) -> BufferView<Element> {
    assert(index >= 0 && index <= count, "view outside the buffer")
    return BufferView(base: base + index)
  }
}

/// Part of a buffer, seen from one of its values; valid as long as the buffer.
struct BufferView<Element: BitwiseCopyable> {
  fileprivate let base: UnsafeMutablePointer<Element>

  /// The value at a distance from the first.
  subscript(offset: Int) -> Element {
    @inline(__always) get { base[offset] }
    @inline(__always) nonmutating set { base[offset] = newValue }
  }
}

extension ColumnPointers {
  /// Starts from a row on.
  @inline(__always)
  func starts(from row: Int) -> BufferView<Int64> { BufferView(base: starts + row) }

  /// Ends from a row on.
  @inline(__always)
  func ends(from row: Int) -> BufferView<Int64> { BufferView(base: ends + row) }
}

/// The hot half of a program set and a rank map, laid out for the executors.
struct ExecutionTables: ~Copyable {
  let operations: FixedBuffer<Operation>
  let waits: FixedBuffer<Int32>
  let steps: FixedBuffer<ProgramStep>
  /// First operation and number of operations of each template; shape `[templates * 2]`.
  let templates: FixedBuffer<Int32>
  let firstOnStream: FixedBuffer<Int32>
  let channels: FixedBuffer<Channel>
  let sendRows: FixedBuffer<Int32>
  /// First step and end step of each simulated rank; shape `[ranks * 2]`.
  let stepBounds: FixedBuffer<Int32>
  let firstRows: FixedBuffer<Int>
  let peers: FixedBuffer<Int32>
  let groups: FixedBuffer<Int32>
  let groupSizes: FixedBuffer<Int32>
  let peerSlotCount: Int
  let groupSlotCount: Int
  let rankCount: Int

  init(programs: ProgramSet, map: RankMap) {
    operations = FixedBuffer(programs.operations)
    waits = FixedBuffer(programs.waits.map(\.code))
    steps = FixedBuffer(programs.steps)
    templates = FixedBuffer(programs.templates.flatMap { [$0.firstOperation, $0.operationCount] })
    firstOnStream = FixedBuffer(programs.firstOnStream)
    channels = FixedBuffer(programs.channels)
    sendRows = FixedBuffer(programs.sendRows)
    stepBounds = FixedBuffer(
      map.programs.flatMap { index in
        let program = programs.programs[Int(index)]
        return [program.firstStep, program.firstStep + program.stepCount]
      })
    firstRows = FixedBuffer(map.firstRows)
    peers = FixedBuffer(map.peers)
    groups = FixedBuffer(map.groups)
    groupSizes = FixedBuffer(map.groupSizes)
    peerSlotCount = map.peerSlotCount
    groupSlotCount = map.groupSlotCount
    rankCount = map.rankCount
  }

  /// The simulated rank that sends what a receive of `rank` waits for, and the row of the send in its program.
  @inline(__always)
  func send(channel index: Int32, rank: Int, microBatch: Int32) -> (rank: Int, row: Int32) {
    let channel = channels[Int(index)]
    let sender = Int(peers[rank * peerSlotCount + Int(channel.peerSlot)])
    return (sender, sendRows[Int(channel.firstSendRow + microBatch)])
  }

  /// The row of the trace of the send that a receive of `rank` waits for.
  @inline(__always)
  func sendRow(channel index: Int32, rank: Int, microBatch: Int32) -> Int {
    let (sender, row) = send(channel: index, rank: rank, microBatch: microBatch)
    return firstRows[sender] + Int(row)
  }

  /// The simulated rank at the other end of a peer slot.
  @inline(__always)
  func peer(of rank: Int, slot: Int32) -> Int { Int(peers[rank * peerSlotCount + Int(slot)]) }

  /// The group of a slot.
  @inline(__always)
  func group(of rank: Int, slot: Int32) -> Int { Int(groups[rank * groupSlotCount + Int(slot)]) }
}
