import Parallelism
import Quantities
import Workload

/// Finds how the training framework of a row ran its plan.
struct RunOptionMapping {
  let run: MeasuredRun

  /// The options: those of the framework, with what the row states.
  func options() -> ExecutionOptions {
    var options = ExecutionOptions()
    options.attention = isFlash ? .flash : .unfused
    options.dropout = hasDropout
    options.modelsInterference = false
    return options
  }

  /// Whether attention is one fused kernel; rows that do not say are taken for the time of their framework.
  private var isFlash: Bool {
    let words = run.words("attention_impl")
    if words.contains("unfused") || words.contains("eager") || words == "torch" || words == "fused" || words == "local"
    {
      return false
    }
    return true
  }

  private var hasDropout: Bool { !isFlash && run.words("framework").hasPrefix("megatron") }
}
