import ClusterSimulation
import Foundation
import Quantities
import Testing

@testable import Export

@Suite("Memory blocks")
struct MemoryBlocksTests {
  private func change(
    _ time: Int64, _ bytes: Int64, layer: Int32 = 1, microBatch: Int32 = 0, _ category: MemoryCategory = .activations
  ) -> MemoryChange {
    MemoryChange(
      time: SimTime(nanoseconds: time), category: category, layer: layer, microBatch: microBatch, bytes: bytes, row: 0)
  }

  private func blocks(_ changes: [MemoryChange], resident: [ResidentMemory] = []) -> [MemoryBlocks.Block] {
    MemoryBlocks(MemoryTimeline(resident: resident, changes: changes), changes: changes.count).blocks
  }

  @Test func `a block of the very size and micro-batch goes first`() {
    let found = blocks([change(0, 10), change(1, 20), change(2, 10, microBatch: 1), change(3, -10, microBatch: 1)])
    #expect(found.map(\.givenBackBy) == [nil, nil, 3])
  }

  @Test func `what is given back together may have been taken in parts`() {
    let found = blocks([change(0, 10), change(1, 20), change(2, -30)])
    #expect(found.map(\.givenBackBy) == [2, 2])
  }

  @Test func `what is given back in parts is taken in parts`() {
    let found = blocks([change(0, 30), change(1, -10), change(2, -20)])
    #expect(found.map(\.size).sorted() == [10, 20] && found.allSatisfy { $0.takenBy == 0 })
    #expect(Dictionary(uniqueKeysWithValues: found.map { ($0.size, $0.givenBackBy) }) == [10: 1, 20: 2])
  }

  @Test func `memory of the category is given back when the layer has none`() {
    let resident = [ResidentMemory(category: .gradients, layer: 3, bytes: Bytes(8))]
    let found = blocks([change(1, -8, layer: 9, .gradients)], resident: resident)
    #expect(found.map(\.givenBackBy) == [0] && found[0].takenBy == -1)
  }

  @Test(arguments: Sample.all)
  func `blocks add up to the ledger and never share a slot`(run: String) throws {
    let result = try Sample.simulate(run)
    for rank in 0..<result.trace.map.rankCount {
      let timeline = MemoryTimeline(trace: result.trace, simulatedRank: rank)
      let device = TorchDevice(
        timeline, capacity: .max, failure: nil, firstRow: 0, taskNames: [], alignment: 512)
      var held = Array(repeating: Int64(0), count: timeline.changes.count + 1)
      var used: Set<Int64> = []
      for event in device.events {
        let size = device.blocks[try #require(event.block)].size
        let index = event.change.map { $0 + 1 } ?? 0
        if event.action == .take {
          #expect(used.insert(event.offset).inserted)
          held[index] += size
        } else {
          #expect(used.remove(event.offset) != nil)
          held[index] -= size
        }
      }
      #expect(held[0] == timeline.resident.reduce(0) { $0 + $1.bytes.count })
      #expect(Array(held.dropFirst()) == timeline.changes.map(\.bytes))
    }
  }
}

@Suite("Pickles")
struct PickleWriterTests {
  /// Opcodes by hand, from Python's `pickletools`: PROTO 3, a dictionary with one text key and a list of numbers.
  @Test func `numbers take their shortest form`() throws {
    let scratch = try Scratch()
    var writer = try PickleWriter(path: scratch.path("a.pickle"))
    writer.beginDictionary()
    writer.put("a")
    writer.beginList()
    for value: Int64 in [0, 255, 256, 65_535, 65_536, -1, 1 << 31, -(1 << 40)] {
      writer.put(value)
      try writer.endItem()
    }
    writer.put(true)
    try writer.endItem()
    writer.endList()
    writer.endDictionary()
    try writer.finish()
    let head: [UInt8] = [0x80, 3, 0x7D, 0x28, 0x58, 1, 0, 0, 0, 0x61, 0x5D, 0x28]
    let numbers: [UInt8] =
      [0x4B, 0, 0x4B, 255, 0x4D, 0, 1, 0x4D, 255, 255, 0x4A, 0, 0, 1, 0, 0x4A, 255, 255, 255, 255]
      + [0x8A, 8, 0, 0, 0, 0x80, 0, 0, 0, 0, 0x8A, 8, 0, 0, 0, 0, 0, 255, 255, 255]
    let data = try Data(contentsOf: scratch.folder.appending(path: "a.pickle"))
    #expect(Array(data) == head + numbers + [0x88, 0x65, 0x75, 0x2E])
  }
}
