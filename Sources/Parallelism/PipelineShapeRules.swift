extension PipelineShape {
  /// Stages dealt out to the ranks in turn: rank `r` owns `r`, `r + ranks`, `r + 2 ranks`, ...
  public var loopPlacement: [[Int]] {
    (0..<ranks).map { rank in (0..<chunks).map { rank + $0 * ranks } }
  }

  /// Why a schedule for one virtual stage per rank cannot run this shape; `nil` when it can.
  func obstacleToOneChunk(_ name: String) -> String? {
    guard chunks > 1 else { return nil }
    return "\(name) runs one virtual stage per rank, found \(chunks); set vpp to 1 or choose interleaved-1f1b"
  }
}
