/// Blocks of 2^n values in one buffer; a block given back is handed out again, so that steady use allocates nothing.
struct BlockPool<Element: BitwiseCopyable>: ~Copyable {
  /// All blocks, one after the other.
  private(set) var values = GrowingBuffer<Element>()
  /// First free node of each size; -1 for none.
  private var heads = GrowingBuffer<Int32>(repeating: -1, count: 32)
  private var nodes = GrowingBuffer<FreeBlock>()
  private var spareNode: Int32 = -1
  private let filler: Element

  /// An empty pool; fresh blocks hold copies of `filler`.
  init(filler: Element) { self.filler = filler }

  /// The exponent of the smallest block with room for `count` values.
  @inline(__always)
  static func size(for count: Int) -> Int {
    count <= 1 ? 0 : Int.bitWidth - (count - 1).leadingZeroBitCount
  }

  /// Index of the first value of a block of `2^size` values.
  mutating func take(size: Int) -> Int32 {
    let node = heads[size]
    guard node >= 0 else {
      let first = Int32(values.count)
      values.append(filler, times: 1 << size)
      return first
    }
    heads[size] = nodes[Int(node)].next
    nodes[Int(node)].next = spareNode
    spareNode = node
    return nodes[Int(node)].first
  }

  /// Gives a block back.
  mutating func give(_ first: Int32, size: Int) {
    var node = spareNode
    if node >= 0 {
      spareNode = nodes[Int(node)].next
    } else {
      node = Int32(nodes.count)
      nodes.append(FreeBlock(first: 0, next: -1))
    }
    nodes[Int(node)] = FreeBlock(first: first, next: heads[size])
    heads[size] = node
  }
}

/// A free block of a pool, in the list of its size.
struct FreeBlock: BitwiseCopyable {
  var first: Int32
  /// Number of the next in the list; -1 for none.
  var next: Int32
}
