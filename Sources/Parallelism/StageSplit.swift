/// Ways to spread blocks over virtual stages.
public enum StageSplit {
  /// As even as possible; what does not divide goes to the middle stages, because the first and the last also hold the
  /// embedding and the head.
  ///
  /// - Precondition: `blocks >= 0`, `stages >= 1`.
  public static func even(blocks: Int, stages: Int) -> [Int] {
    var counts = Array(repeating: blocks / stages, count: stages)
    let rest = blocks % stages
    let first = (stages - rest) / 2
    for index in first..<first + rest { counts[index] += 1 }
    return counts
  }
}
