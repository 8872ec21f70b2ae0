/// A global batch that cannot be cut as asked.
public enum MicroBatchingError: Error, Hashable, Sendable {
  /// The batch, the number of micro-batches or the data-parallel degree is below 1.
  case notPositive(globalBatch: Int, microBatches: Int, dataParallel: Int)
  /// The largest data-parallel degree does not divide the batch.
  case batchNotDivisible(globalBatch: Int, dataParallel: Int)
  /// Chunks of equal size make fewer micro-batches than asked for.
  case countUnreachable(localBatch: Int, requested: Int, actual: Int)
}

extension MicroBatchingError: CustomStringConvertible {
  /// What was found, what to do.
  public var description: String {
    switch self {
    case .notPositive(let globalBatch, let microBatches, let dataParallel):
      "global batch \(globalBatch), \(microBatches) micro-batches, data-parallel degree \(dataParallel); "
        + "each has to be at least 1"
    case .batchNotDivisible(let globalBatch, let dataParallel):
      "\(globalBatch) sequences do not divide over \(dataParallel) data-parallel ranks; "
        + "use a multiple of \(dataParallel)"
    case .countUnreachable(let localBatch, let requested, let actual):
      "\(localBatch) sequences per rank cut into \(requested) parts give \(actual) micro-batches; ask for \(actual)"
    }
  }
}

/// How the global batch is cut into micro-batches.
///
/// The local batch of the layer with the largest data-parallel degree is cut as `torch.chunk` cuts; layers with a
/// smaller degree get proportionally more sequences per rank.
public struct MicroBatching: Hashable, Sendable {
  /// Sequences of each micro-batch, over all ranks; shape `[microBatches]`.
  public let sizes: [Int]

  /// Cuts a batch.
  ///
  /// - Parameters:
  ///   - globalBatch: Sequences of the iteration, over all replicas.
  ///   - microBatches: Micro-batches wanted.
  ///   - largestDataParallel: The largest data-parallel degree of any layer.
  /// - Throws: ``MicroBatchingError`` when the parts cannot be made.
  public init(globalBatch: Int, microBatches: Int, largestDataParallel: Int) throws(MicroBatchingError) {
    guard globalBatch >= 1, microBatches >= 1, largestDataParallel >= 1 else {
      throw .notPositive(globalBatch: globalBatch, microBatches: microBatches, dataParallel: largestDataParallel)
    }
    guard globalBatch % largestDataParallel == 0 else {
      throw .batchNotDivisible(globalBatch: globalBatch, dataParallel: largestDataParallel)
    }
    let localBatch = globalBatch / largestDataParallel
    let actual = Self.roundedUp(localBatch, by: Self.roundedUp(localBatch, by: microBatches))
    guard actual == microBatches else {
      throw .countUnreachable(localBatch: localBatch, requested: microBatches, actual: actual)
    }
    sizes = Self.torchChunk(localBatch, parts: microBatches).map { $0 * largestDataParallel }
  }

  /// Sequences of a micro-batch on one rank of a layer.
  ///
  /// - Precondition: `dataParallel` divides the degree the batch was cut for.
  public func localSize(microBatch: Int, dataParallel: Int) -> Int { sizes[microBatch] / dataParallel }

  /// Sizes of the parts that `torch.chunk(n, parts)` makes: `ceil(n / parts)` each, the last one smaller, possibly
  /// fewer parts than asked for.
  ///
  /// - Precondition: `count >= 1` and `parts >= 1`.
  public static func torchChunk(_ count: Int, parts: Int) -> [Int] {
    let size = roundedUp(count, by: parts)
    let whole = [Int](repeating: size, count: count / size)
    return count % size == 0 ? whole : whole + [count % size]
  }

  /// `ceil(count / divisor)`.
  private static func roundedUp(_ count: Int, by divisor: Int) -> Int {
    count / divisor + (count % divisor == 0 ? 0 : 1)
  }
}

extension ParallelPlan {
  /// The largest data-parallel degree of any layer, the embedding and the head.
  public var largestDataParallel: Int {
    (layers + [embedding, head]).map(\.dataParallel).max() ?? 1
  }

  /// The micro-batches of an iteration under this plan.
  ///
  /// - Parameter globalBatch: Sequences of the iteration, over all replicas.
  /// - Throws: ``MicroBatchingError`` when the batch cannot be cut.
  public func microBatching(globalBatch: Int) throws(MicroBatchingError) -> MicroBatching {
    try MicroBatching(
      globalBatch: globalBatch, microBatches: microBatches, largestDataParallel: largestDataParallel)
  }
}
