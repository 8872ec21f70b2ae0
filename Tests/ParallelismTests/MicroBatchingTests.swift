import Parallelism
import Testing

@Suite("Micro-batches")
struct MicroBatchingTests {
  /// 64 / 4 = 16 per rank; chunks of ceil(16 / 3) = 6: 6, 6, 4; times 4 ranks: 24, 24, 16.
  @Test func `sixty-four sequences over four ranks in three parts`() throws {
    let batching = try MicroBatching(globalBatch: 64, microBatches: 3, largestDataParallel: 4)
    #expect(batching.sizes == [24, 24, 16])
    #expect((0..<3).map { batching.localSize(microBatch: $0, dataParallel: 4) } == [6, 6, 4])
    #expect((0..<3).map { batching.localSize(microBatch: $0, dataParallel: 2) } == [12, 12, 8])
  }

  /// 16 in 7: chunks of 3 make 3 3 3 3 3 1, six of them.
  @Test func `fewer parts than asked for are refused by their number`() {
    #expect(MicroBatching.torchChunk(16, parts: 7) == [3, 3, 3, 3, 3, 1])
    #expect(throws: MicroBatchingError.countUnreachable(localBatch: 16, requested: 7, actual: 6)) {
      try MicroBatching(globalBatch: 16, microBatches: 7, largestDataParallel: 1)
    }
    #expect(throws: MicroBatchingError.countUnreachable(localBatch: 2, requested: 8, actual: 2)) {
      try MicroBatching(globalBatch: 8, microBatches: 8, largestDataParallel: 4)
    }
  }

  @Test func `the largest degree has to divide the batch`() {
    #expect(throws: MicroBatchingError.batchNotDivisible(globalBatch: 10, dataParallel: 4)) {
      try MicroBatching(globalBatch: 10, microBatches: 1, largestDataParallel: 4)
    }
    #expect(throws: MicroBatchingError.self) {
      try MicroBatching(globalBatch: 0, microBatches: 1, largestDataParallel: 1)
    }
  }

  @Test(arguments: 1...40, 1...12)
  func `no sequence is lost, and only the last part is smaller`(count: Int, parts: Int) {
    let chunks = MicroBatching.torchChunk(count, parts: parts)
    #expect(chunks.reduce(0, +) == count)
    #expect(chunks.count <= parts)
    #expect(chunks.dropLast().allSatisfy { $0 == chunks[0] })
    #expect((1...chunks[0]).contains(chunks[chunks.count - 1]))
  }
}
