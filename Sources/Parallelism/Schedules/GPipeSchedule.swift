/// All forward passes, a flush, all backward passes (Huang et al. 2019, arXiv 1811.06965).
///
/// Backward passes keep the order of the forward passes, as PyTorch's `ScheduleGPipe` runs them.
public struct GPipeSchedule: PipelineSchedule {
  /// `gpipe`.
  public let name = "gpipe"

  /// Has no parameters.
  public init() {}

  /// Refuses more than one virtual stage per rank.
  public func obstacle(_ shape: PipelineShape) -> String? { shape.obstacleToOneChunk(name) }

  /// Rank `r` owns stage `r`.
  public func placement(_ shape: PipelineShape) -> [[Int]] { shape.loopPlacement }

  /// `F0 F1 ... B0 B1 ...` on every rank.
  public func actions(_ shape: PipelineShape) -> [[ScheduleAction]] {
    (0..<shape.ranks).map { rank in
      (0..<shape.microBatches).map { .forward(stage: rank, microBatch: $0) }
        + (0..<shape.microBatches).map { .backward(stage: rank, microBatch: $0) }
    }
  }

  /// Every micro-batch of the iteration.
  public func inFlightBound(rank: Int, _ shape: PipelineShape) -> Int { shape.microBatches }
}
