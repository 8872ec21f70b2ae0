import Quantities
import Workload

/// Finds the number formats and the optimizer of a row.
struct RunNumberMapping {
  let run: MeasuredRun
  /// Whether the GPU multiplies TF32.
  let hasTF32: Bool

  /// The job of so many sequences.
  func job(batch: Int, _ notes: inout [String]) throws(RunGap) -> TrainingJob {
    let format = try format(&notes)
    return TrainingJob(
      globalBatch: batch, sequenceLength: try run.required("seq"), format: format,
      gradientFormat: gradientFormat(format), optimizer: optimizer)
  }

  private func format(_ notes: inout [String]) throws(RunGap) -> NumberFormat {
    let words = run.words("dtype")
    if words.contains("fp8") { return .fp8 }
    if words.contains("bf16") { return .bf16 }
    if words.contains("fp16") { return .fp16 }
    if words.contains("fp32") { return words.contains("tf32") && hasTF32 ? .tf32 : .fp32 }
    guard words.isEmpty else { throw RunGap("dtype: found \(words)") }
    notes.append("number format not in the row: fp16")
    return .fp16
  }

  /// Megatron-LM reduces fp16 gradients in fp16 and bf16 ones in fp32 unless told otherwise
  /// (`accumulate_allreduce_grads_in_fp32`); FSDP reduces in the precision of its policy.
  private func gradientFormat(_ format: NumberFormat) -> NumberFormat {
    let words = run.words("dtype")
    if words.contains("fp32 grad") || words.contains("fp32 reduce") { return .fp32 }
    if format == .fp16 { return .fp16 }
    if run.words("optimizer").contains("fsdp, mixed_precision") { return .bf16 }
    return format == .tf32 ? .fp32 : format.bytesPerElement < 4 ? .fp32 : format
  }

  private var optimizer: Optimizer {
    let words = run.words("optimizer")
    return words.hasPrefix("sgd") ? .sgd : .adam
  }
}
