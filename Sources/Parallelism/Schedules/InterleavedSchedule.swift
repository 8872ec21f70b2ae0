/// 1F1B over several virtual stages per rank (Narayanan et al. 2021, arXiv 2104.04473, section 2.2.2).
///
/// Micro-batches advance in rounds: a rank runs one round through its first virtual stage, the same round through its
/// second, and so on; backward passes walk the virtual stages in reverse. With `v` virtual stages, rounds of `n`
/// micro-batches and `p` ranks, rank `r` starts with `(v - 1) n + 2 (p - 1 - r)` forward passes.
///
/// Megatron-LM's rounds hold `p` micro-batches and must fill up. PyTorch's `ScheduleInterleaved1F1B` cuts the
/// micro-batches into `max(1, m / p)` equal rounds, the same where Megatron-LM runs at all; this type follows PyTorch.
/// One virtual stage per rank gives plain 1F1B, as Megatron-LM runs it.
public struct InterleavedSchedule: PipelineSchedule {
  /// `interleaved-1f1b`.
  public let name = "interleaved-1f1b"

  /// Has no parameters.
  public init() {}

  /// Refuses micro-batches that do not fill equal rounds.
  public func obstacle(_ shape: PipelineShape) -> String? {
    let rounds = Self.rounds(shape)
    guard shape.chunks > 1, shape.microBatches % rounds != 0 else { return nil }
    let lower = shape.microBatches / rounds * rounds
    return "\(name) cannot cut \(shape.microBatches) micro-batches into \(rounds) equal rounds of at least "
      + "\(shape.ranks); use \(lower) or \((lower / shape.ranks + 1) * shape.ranks) micro-batches"
  }

  /// Rank `r` owns stages `r`, `r + p`, `r + 2p`, ...
  public func placement(_ shape: PipelineShape) -> [[Int]] { shape.loopPlacement }

  /// Warm-up, alternation, drain.
  public func actions(_ shape: PipelineShape) -> [[ScheduleAction]] {
    guard shape.chunks > 1 else { return OneForwardOneBackwardSchedule().actions(shape) }
    return (0..<shape.ranks).map { rank in
      alternate(
        forwards: Self.sequence(rank: rank, shape, chunks: Array(0..<shape.chunks)) {
          .forward(stage: $0, microBatch: $1)
        },
        backwards: Self.sequence(rank: rank, shape, chunks: Array((0..<shape.chunks).reversed())) {
          .backward(stage: $0, microBatch: $1)
        },
        warmUp: Self.warmUp(rank: rank, shape))
    }
  }

  /// One more than the warm-up, at most every micro-batch of every virtual stage.
  public func inFlightBound(rank: Int, _ shape: PipelineShape) -> Int {
    guard shape.chunks > 1 else { return OneForwardOneBackwardSchedule().inFlightBound(rank: rank, shape) }
    return min(Self.warmUp(rank: rank, shape) + 1, shape.microBatches * shape.chunks)
  }

  /// The grid PyTorch writes, its idle cells included; shape `[ranks][...]`, `nil` = idle.
  ///
  /// PyTorch does not play the schedule back: rank `r` waits `r` cells, then runs its warm-up, waits until cell
  /// `v p + 2 (p - 1 - r)`, and puts one idle cell before each backward pass of the drain.
  public func alignedSlots(_ shape: PipelineShape) -> [[ScheduleAction?]] {
    actions(shape).enumerated().map { rank, actions in
      let warmUp = Self.warmUp(rank: rank, shape)
      let wait = max(0, shape.stages + 2 * (shape.ranks - 1 - rank) - warmUp - rank)
      var slots = [ScheduleAction?](repeating: nil, count: rank)
      slots += actions.prefix(warmUp).map(Optional.some)
      slots += [ScheduleAction?](repeating: nil, count: wait)
      slots += actions.dropFirst(warmUp).dropLast(warmUp).map(Optional.some)
      for action in actions.suffix(warmUp) { slots += [nil, action] }
      return slots
    }
  }

  /// Equal rounds the micro-batches are cut into.
  private static func rounds(_ shape: PipelineShape) -> Int { max(1, shape.microBatches / shape.ranks) }

  /// Forward passes before the first backward pass.
  private static func warmUp(rank: Int, _ shape: PipelineShape) -> Int {
    let roundSize = shape.microBatches / rounds(shape)
    let warmUp = (shape.chunks - 1) * roundSize + 2 * (shape.ranks - 1 - rank)
    return min(warmUp, shape.microBatches * shape.chunks)
  }

  /// Every micro-batch of every virtual stage of a rank: round by round, inside a round chunk by chunk.
  private static func sequence(
    rank: Int, _ shape: PipelineShape, chunks: [Int], _ action: (Int, Int) -> ScheduleAction
  ) -> [ScheduleAction] {
    let rounds = rounds(shape)
    let roundSize = shape.microBatches / rounds
    return (0..<rounds).flatMap { round in
      chunks.flatMap { chunk in
        (0..<roundSize).map { action(rank + chunk * shape.ranks, round * roundSize + $0) }
      }
    }
  }
}
