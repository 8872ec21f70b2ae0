/// The time of an iteration a row was measured at.
enum MeasuredTime {
  /// Seconds: as stated; else from tokens per second; else from model FLOP/s, where the row's convention is that of
  /// Megatron's log (products and full attention, three times forward), which is ours.
  static func seconds(_ run: MeasuredRun, devices: Int?, tokens: Double?, operations: Double?) -> Double? {
    if let time = run.statedTime { return time }
    guard let devices else { return nil }
    if let rate = run.number("measured_tokens_per_s_per_gpu"), rate > 0, let tokens {
      return tokens / (rate * Double(devices))
    }
    let convention = run.words("flops_convention")
    guard let rate = run.number("measured_tflops_per_gpu"), rate > 0, let operations,
      convention.hasPrefix("megatron log") || convention.hasPrefix("megatron-lm log")
    else { return nil }
    return operations / (rate * 1e12 * Double(devices))
  }
}
