import Hardware
import Quantities
import ScenarioIO
import Workload

/// Reads rows of measured elementwise kernels of an inference engine (columns gpu, op, tokens, hidden, ffn, tp, time_ms,
/// model).
///
/// Those kernels load single 16-bit numbers and reach a part of the speed at which fused training kernels stream: the
/// fraction of each class is a constant, fitted to A100 and held against H100 (docs/accuracy-kernels.md).
struct ElementwiseRows {
  let file: CommaSeparatedFile
  let devices: DeviceFinder

  /// One class of kernels of the engine.
  private struct Engine {
    var operation: MemoryOperator
    /// Bytes moved for a token.
    var bytes: Double
    /// Speed over that of a kernel which streams.
    var fraction: Double
  }

  func expectation(_ row: Int) -> KernelExpectation {
    let gpu = file.cell(row, "gpu") ?? ""
    let measured = file.number(row, "time_ms").flatMap { $0 > 0 ? $0 * 1000 : nil }
    var result = KernelExpectation(
      gpu: gpu, kind: "elementwise", measured: measured, subject: .unknown("found no tokens and hidden"))
    guard let tokens = file.count(row, "tokens"), let hidden = file.count(row, "hidden") else { return result }
    guard let device = devices.device(gpu) else {
      result.subject = .unknown("\(gpu) is not in the catalogue")
      return result
    }
    guard let engine = engine(row, hidden: Double(hidden)) else {
      result.subject = .unknown("no kernel is known for \(file.cell(row, "op") ?? "no op")")
      return result
    }
    let traffic = Bytes(Int64(Double(tokens) * engine.bytes / engine.fraction))
    result.subject = .kernels(
      device, [.memoryBound(engine.operation, traffic: traffic, format: .fp16)], attention: "flash")
    return result
  }

  private func engine(_ row: Int, hidden: Double) -> Engine? {
    let model = file.cell(row, "model") ?? ""
    let parts = Double(file.count(row, "tp") ?? 1)
    let width = Double(file.count(row, "ffn") ?? 0) / parts
    let isPlain = model.hasSuffix("phi-2")
    switch file.cell(row, "op") {
    case "add": return Engine(operation: .add, bytes: 6 * hidden, fraction: 1)
    case "input_layernorm", "post_attention_layernorm":
      return Engine(operation: isPlain ? .layerNorm : .rmsNorm, bytes: 4 * hidden, fraction: 0.41)
    case "mlp_act" where width > 0:
      return Engine(operation: isPlain ? .gelu : .swiglu, bytes: (isPlain ? 4 : 6) * width, fraction: 0.59)
    case "emb": return Engine(operation: .embeddingGather, bytes: 4 * hidden, fraction: 0.174)
    case "attn_rope":
      return Engine(
        operation: .rotary, bytes: 4 * hidden / parts * (1 + Self.keyHeadShare(model)), fraction: 0.5)
    default: return nil
    }
  }

  /// Key heads over query heads of models whose queries are grouped; 1 for the others.
  private static func keyHeadShare(_ model: String) -> Double {
    if model.hasSuffix("Meta-Llama-3-8B") { return 0.25 }
    let grouped = ["Llama-2-70b-hf", "Meta-Llama-3-70B", "CodeLlama-34b-Instruct-hf"]
    return grouped.contains { model.hasSuffix($0) } ? 0.125 : 1
  }
}
