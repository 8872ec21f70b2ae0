import TestSupport
import Testing

@testable import Network

@Suite("Network structures")
struct NetworkStructureTests {
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `an indexed heap agrees with a sorted list`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var heap = IndexedHeap(numbers: 50)
    var keys: [Int: UInt64] = [:]
    for _ in 0..<2000 {
      let number = Int.random(in: 0..<50, using: &generator)
      if generator.once(in: 3) {
        heap.remove(number)
        keys[number] = nil
      } else {
        let key = UInt64.random(in: 0..<40, using: &generator)
        heap.set(number, key: key)
        keys[number] = key
      }
      let expected = keys.map { ($0.value, $0.key) }.min { $0 < $1 }
      let (first, isEmpty) = (heap.first, heap.isEmpty)
      #expect(first?.key == expected?.0)
      #expect(first?.number == expected?.1)
      #expect(isEmpty == keys.isEmpty)
    }
  }

  @Test func `the largest key and number survive`() {
    var heap = IndexedHeap(numbers: 0)
    for _ in 0..<3 { heap.appendNumber() }
    heap.set(2, key: .max)
    heap.set(1, key: .max)
    heap.remove(1)
    let (first, absent) = (heap.first, heap.contains(1))
    #expect(first?.key == .max)
    #expect(first?.number == 2)
    #expect(!absent)
    heap.removeAll()
    let (isEmpty, key) = (heap.isEmpty, heap.key(of: 2))
    #expect(isEmpty)
    #expect(key == nil)
  }

  @Test(arguments: zip([0, 1, 2, 3, 4, 5, 1024, 1025], [0, 0, 1, 2, 2, 3, 10, 11]))
  func `a block is the smallest power of two with room`(count: Int, size: Int) {
    #expect(BlockPool<Int32>.size(for: count) == size)
  }

  @Test func `blocks given back are handed out again`() {
    var pool = BlockPool<Int32>(filler: 0)
    let first = pool.take(size: 3)
    let second = pool.take(size: 3)
    pool.give(first, size: 3)
    pool.give(second, size: 3)
    let other = pool.take(size: 2)
    let again = [pool.take(size: 3), pool.take(size: 3)]
    let count = pool.values.count
    #expect(Set(again) == [first, second])
    #expect(other == 16)
    #expect(count == 20)
  }

  @Test func `routes merge links and leave out what carries nothing`() {
    var network = FluidNetwork(capacities: [12, 4, 1])
    let route = network.registerRoute([
      LinkUse(link: 1, weight: 0.5), LinkUse(link: 0, weight: 2), LinkUse(link: 0), LinkUse(link: 2, weight: 0),
    ])
    let (rate, uses) = (network.rateAlone(on: route), network.routeUses.count)
    #expect(rate == 4)
    #expect(uses == 2)
  }
}
