/// Numbered things in the order of a 64-bit key, then of their number; a thing's key can be changed and taken away.
///
/// A 4-ary heap of 128-bit words: 64 bits of key, 32 of number. One comparison of two words is the whole order.
///
/// - Complexity: O(log n) for each change, O(1) for the first.
struct IndexedHeap: ~Copyable {
  private var words: GrowingBuffer<UInt128>
  /// Place of each thing in `words`; -1 when absent.
  private var places: GrowingBuffer<Int32>

  /// An empty heap for things numbered from 0.
  init(numbers: Int) {
    words = GrowingBuffer(capacity: 16)
    places = GrowingBuffer(repeating: -1, count: numbers)
  }

  /// Makes room for one more number.
  mutating func appendNumber() { places.append(-1) }

  /// Whether nothing is in the heap.
  var isEmpty: Bool { words.count == 0 }

  /// The first thing and its key.
  @inline(__always)
  var first: (key: UInt64, number: Int)? {
    guard words.count > 0 else { return nil }
    let word = words[0]
    return (UInt64(truncatingIfNeeded: word >> 32), Int(UInt32(truncatingIfNeeded: word)))
  }

  /// Whether a thing is in the heap.
  @inline(__always)
  func contains(_ number: Int) -> Bool { places[number] >= 0 }

  /// The key of a thing in the heap.
  @inline(__always)
  func key(of number: Int) -> UInt64? {
    let place = Int(places[number])
    return place < 0 ? nil : UInt64(truncatingIfNeeded: words[place] >> 32)
  }

  /// Adds a thing, or changes its key.
  mutating func set(_ number: Int, key: UInt64) {
    let word = UInt128(key) << 32 | UInt128(UInt32(truncatingIfNeeded: number))
    let place = Int(places[number])
    if place < 0 {
      words.append(word)
      rise(word, from: words.count - 1)
    } else if word < words[place] {
      rise(word, from: place)
    } else {
      sink(word, from: place)
    }
  }

  /// Takes a thing away; nothing happens when it is absent.
  @inline(__always)
  mutating func remove(_ number: Int) {
    let place = Int(places[number])
    guard place >= 0 else { return }
    places[number] = -1
    guard let last = words.popLast(), place < words.count else { return }
    if place > 0 && last < words[(place - 1) >> 2] { rise(last, from: place) } else { sink(last, from: place) }
  }

  /// Takes everything away.
  mutating func removeAll() {
    for place in 0..<words.count { places[Int(UInt32(truncatingIfNeeded: words[place]))] = -1 }
    words.removeAll()
  }

  private func put(_ word: UInt128, at place: Int) {
    words[place] = word
    places[Int(UInt32(truncatingIfNeeded: word))] = Int32(truncatingIfNeeded: place)
  }

  private func rise(_ word: UInt128, from start: Int) {
    var hole = start
    while hole > 0 {
      let parent = (hole - 1) >> 2
      let other = words[parent]
      if other < word { break }
      put(other, at: hole)
      hole = parent
    }
    put(word, at: hole)
  }

  private func sink(_ word: UInt128, from start: Int) {
    var hole = start
    while true {
      let child = (hole << 2) + 1
      guard child < words.count else { break }
      var smallest = child
      let end = min(child + 4, words.count)
      for candidate in (child + 1)..<max(end, child + 1) where words[candidate] < words[smallest] {
        smallest = candidate
      }
      let other = words[smallest]
      if word < other { break }
      put(other, at: hole)
      hole = smallest
    }
    put(word, at: hole)
  }
}
