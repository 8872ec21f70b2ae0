import ClusterSimulation
import Quantities

/// The compute streams of the pipeline as text: one line per stage, one letter per slice of time.
public struct PipelinePicture: Hashable, Sendable {
  /// The lines, a legend last.
  public let lines: [String]

  /// Draws the first simulated rank of each stage.
  ///
  /// Each column is an equal slice of the iteration and shows what filled most of it: `F` forward, `B` backward, `R`
  /// recompute, `U` update, `.` nothing.
  public init(_ result: SimulationResult, width: Int = 100) {
    let trace = result.trace
    var lines: [String] = []
    var drawn: Set<Int> = []
    let label = String(result.stages.count).count
    for rank in 0..<trace.map.rankCount {
      let stage = trace.programs.programs[Int(trace.map.programs[rank])].stage
      guard drawn.insert(stage).inserted else { continue }
      let letters = Self.letters(trace, rank, iteration: result.iterationTime.nanoseconds, width: width)
      lines.append("  \("\(stage)".padded(to: label, right: true)) |\(letters)|")
    }
    self.lines = lines + ["  F forward, B backward, R recompute, U update, . idle"]
  }

  /// What filled most of each column.
  private static func letters(_ trace: Trace, _ rank: Int, iteration: Int64, width: Int) -> String {
    guard iteration > 0 else { return "" }
    let kinds: [Character] = ["F", "B", "R", "U"]
    var filled = Array(repeating: Array(repeating: Int64(0), count: kinds.count), count: width)
    trace.forEachTask(ofSimulatedRank: rank) { task in
      guard task.stream == .compute, task.end > task.start else { return }
      let kind =
        switch task.info.kind {
        case .forward: 0
        case .recompute: 2
        case .gradientNorm, .optimizer: 3
        default: 1
        }
      var begin = task.start.nanoseconds
      let end = task.end.nanoseconds
      while begin < end {
        let column = min(width - 1, Int(Double(begin) / Double(iteration) * Double(width)))
        let limit = column == width - 1 ? end : Int64(Double(column + 1) / Double(width) * Double(iteration))
        let next = min(end, max(begin + 1, limit))
        filled[column][kind] += next - begin
        begin = next
      }
    }
    let slice = iteration / Int64(width)
    return String(
      filled.map { parts -> Character in
        let total = parts.reduce(0, +)
        guard total * 2 > slice, let most = parts.max(), let index = parts.firstIndex(of: most) else { return "." }
        return kinds[index]
      })
  }
}

extension ScenarioRun {
  /// The picture of the pipeline, when there is one to see.
  var pictureLines: [String] {
    guard result.fits else { return [] }
    return ["", "compute streams over one iteration, one line per stage:"] + PipelinePicture(result).lines
  }
}
