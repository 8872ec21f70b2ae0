import Hardware
import Quantities
import ScenarioIO
import Workload

/// Reads rows of measured matrix products (columns gpu, op, m, n, k, batch, dtype, time_ms or tflops, layout, note; or the
/// best shapes of a search: best_m, best_n, best_k, mamf_tflops).
struct ProductRows {
  let file: CommaSeparatedFile
  let devices: DeviceFinder

  func expectation(_ row: Int) -> KernelExpectation {
    let gpu = file.cell(row, "gpu") ?? ""
    let kernel = kernel(row)
    let kind = isGrouped(row) ? "grouped_gemm" : "gemm"
    var result = KernelExpectation(
      gpu: gpu, kind: kind, measured: nil, subject: .unknown("found no m, n, k and number format"))
    guard let kernel else { return result }
    result.measured = measured(row, kernel)
    guard let device = devices.device(gpu) else {
      result.subject = .unknown("\(gpu) is not in the catalogue")
      return result
    }
    guard device.peak(for: kernel.format) != nil else {
      result.subject = .unknown("\(device.name) does not compute in \(kernel.format.rawValue)")
      return result
    }
    if kernel.pass == .weightGradient, file.cell(row, "note")?.contains("main_grad_dtype=bf16") == true {
      result.subject = .unknown("weight gradients accumulated in bf16 are not modelled")
      return result
    }
    result.subject = .kernels(device, kernels(row, kernel), attention: "flash")
    result.isLarge = KernelExpectation.isLarge([kernel], on: device)
    return result
  }

  /// Transformer Engine, which was timed, runs one product for each group.
  private func kernels(_ row: Int, _ kernel: Kernel) -> [Kernel] {
    guard isGrouped(row), case .gemm(let m, let n, let k, let groups) = kernel.kind else { return [kernel] }
    return Array(repeating: .gemm(m: m, n: n, k: k, format: kernel.format, pass: kernel.pass), count: groups)
  }

  private func isGrouped(_ row: Int) -> Bool { file.cell(row, "op")?.hasPrefix("group") == true }

  private func measured(_ row: Int, _ kernel: Kernel) -> Double? {
    if let time = file.number(row, "time_ms"), time > 0 { return time * 1000 }
    let rate = file.number(row, "tflops") ?? file.number(row, "mamf_tflops")
    return rate.flatMap { $0 > 0 ? kernel.operations.count / $0 * 1e-6 : nil }
  }

  private func kernel(_ row: Int) -> Kernel? {
    let note = file.cell(row, "note") ?? ""
    guard let format = format(row, note) else { return nil }
    if isGrouped(row) { return grouped(note, format) }
    guard let m = file.count(row, "m") ?? file.count(row, "best_m"),
      let n = file.count(row, "n") ?? file.count(row, "best_n"),
      let k = file.count(row, "k") ?? file.count(row, "best_k")
    else { return nil }
    // Weight gradients are the products that add to what is there.
    let pass: KernelPass =
      note.contains("accumulate=True")
      ? .weightGradient : file.cell(row, "layout") == "NN" && note.contains("accumulate=") ? .inputGradient : .forward
    return .gemm(m: m, n: n, k: k, batch: file.count(row, "batch") ?? 1, format: format, pass: pass)
  }

  /// The arithmetic: where a row says how it accumulates, its type is that of the result, and the arithmetic bf16.
  private func format(_ row: Int, _ note: String) -> NumberFormat? {
    let type = (file.cell(row, "dtype") ?? "").lowercased()
    if note.contains("accumulate=") { return type.contains("fp8") || note.contains("dtype=fp8") ? .fp8 : .bf16 }
    if type.contains("fp8") { return .fp8 }
    if type.contains("mixed") || type == "fp16" { return .fp16 }
    return NumberFormat(rawValue: type)
  }

  /// Groups are described in the note: `ng=40, M=616, N=3072, K=5120, ..., stage=bwd_grad_w`.
  private func grouped(_ note: String, _ format: NumberFormat) -> Kernel? {
    func value(_ key: String) -> Int? {
      guard let start = note.range(of: key + "=")?.upperBound else { return nil }
      return Int(note[start...].prefix { $0.isNumber })
    }
    guard let groups = value("ng"), let m = value("M"), let n = value("N"), let k = value("K") else { return nil }
    if note.contains("stage=bwd_grad_w") {
      return .gemm(m: n, n: k, k: m, batch: groups, format: format, pass: .weightGradient)
    }
    if note.contains("stage=bwd_grad_act") {
      return .gemm(m: m, n: k, k: n, batch: groups, format: format, pass: .inputGradient)
    }
    return .gemm(m: m, n: n, k: k, batch: groups, format: format)
  }
}
