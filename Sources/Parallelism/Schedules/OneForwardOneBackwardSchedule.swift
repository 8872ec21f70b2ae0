/// One forward, one backward, with a flush at the end of the iteration (Narayanan et al. 2021, arXiv 2104.04473,
/// section 2.2.1; PipeDream-flush, Galvatron's `pipedream_flush`).
///
/// Rank `r` of `p` starts with `p - 1 - r` forward passes, then alternates, then drains. Times as GPipe, but a rank
/// holds at most `p - r` micro-batches.
public struct OneForwardOneBackwardSchedule: PipelineSchedule {
  /// `1f1b`.
  public let name = "1f1b"

  /// Has no parameters.
  public init() {}

  /// Refuses more than one virtual stage per rank.
  public func obstacle(_ shape: PipelineShape) -> String? { shape.obstacleToOneChunk(name) }

  /// Rank `r` owns stage `r`.
  public func placement(_ shape: PipelineShape) -> [[Int]] { shape.loopPlacement }

  /// Warm-up, alternation, drain.
  public func actions(_ shape: PipelineShape) -> [[ScheduleAction]] {
    (0..<shape.ranks).map { rank in
      alternate(
        forwards: (0..<shape.microBatches).map { .forward(stage: rank, microBatch: $0) },
        backwards: (0..<shape.microBatches).map { .backward(stage: rank, microBatch: $0) },
        warmUp: min(shape.ranks - 1 - rank, shape.microBatches))
    }
  }

  /// `min(p - r, m)` micro-batches.
  public func inFlightBound(rank: Int, _ shape: PipelineShape) -> Int {
    min(shape.ranks - rank, shape.microBatches)
  }
}

/// `warmUp` forward passes, then one forward and one backward in turn, then the backward passes that are left.
///
/// - Precondition: as many backward as forward passes, and `warmUp` not above that.
func alternate(forwards: [ScheduleAction], backwards: [ScheduleAction], warmUp: Int) -> [ScheduleAction] {
  var actions = Array(forwards.prefix(warmUp))
  for (forward, backward) in zip(forwards.dropFirst(warmUp), backwards) { actions += [forward, backward] }
  return actions + backwards.suffix(warmUp)
}
