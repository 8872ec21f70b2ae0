import ClusterSimulation
import Quantities

/// What a row's peak memory counts, and in which unit.
struct MemoryMetric: Hashable {
  /// What is counted.
  enum Counted { case allocated, reserved, device }

  /// What is counted.
  var counted: Counted
  /// Bytes of the unit: 10^9 or 2^30.
  var unit: Double
  /// Whether the rank that logs, on the last stage, is meant; the fullest otherwise.
  var isLastStage: Bool

  /// Reads the metric of a row.
  init(_ run: MeasuredRun) {
    let words = run.words("memory_metric")
    counted =
      words.contains("nvidia-smi")
      ? .device : words.contains("reserved") && !words.contains("allocated") ? .reserved : .allocated
    unit = words.contains("gib") ? 1_073_741_824 : 1e9
    isLastStage = words.contains("logging rank")
  }

  /// The prediction in the row's unit.
  func value(_ result: SimulationResult) -> Double {
    let stages = isLastStage ? Array(result.stages.suffix(1)) : result.stages
    let bytes = stages.map { stage -> Int64 in
      switch counted {
      case .allocated: stage.memory.allocated.count
      case .reserved: result.allocatorReport(stage).reservedPeak
      case .device: result.allocatorReport(stage).reservedPeak + stage.memory.context.count
      }
    }
    return Double(bytes.max() ?? 0) / unit
  }
}
