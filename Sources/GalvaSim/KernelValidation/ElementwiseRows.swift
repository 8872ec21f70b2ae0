import Hardware
import Quantities
import ScenarioIO
import Workload

/// Reads rows of measured elementwise kernels of an inference engine (columns gpu, op, tokens, hidden, ffn, tp, time_ms,
/// model).
///
/// Those kernels load single 16-bit numbers: beside streaming their bytes they are bound by the instructions of the
/// multiprocessors, `t = bytes / stream + bytes / (bytes per cycle * clock * multiprocessors)`. The bytes per cycle of
/// each class are a constant, fitted to A100 and four kernels of A40 and held against H100 (docs/accuracy-kernels.md).
struct ElementwiseRows {
  let file: CommaSeparatedFile
  let devices: DeviceFinder

  /// One class of kernels of the engine.
  private struct Engine {
    var operation: MemoryOperator
    /// Bytes moved for a token.
    var bytes: Double
    /// Bytes that the instructions of one multiprocessor allow in a cycle.
    var bytesPerCycle: Double
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
    let stream = device.memoryEfficiency.fraction(at: 1e9) * device.memoryBandwidth.bytesPerSecond
    let instructions = engine.bytesPerCycle * Self.cyclesPerSecond(device) * Double(device.multiprocessors)
    let traffic = Bytes(Int64(Double(tokens) * engine.bytes * (1 + stream / instructions)))
    result.subject = .kernels(
      device, [.memoryBound(engine.operation, traffic: traffic, format: .fp16)], attention: "flash")
    return result
  }

  /// The clock: scalar peak over two operations a cycle of 64 lanes, or of 128 where that would be above 2.7 GHz.
  private static func cyclesPerSecond(_ device: DeviceSpec) -> Double {
    let peak = device.peak(for: .fp32)?.operationsPerSecond ?? 0
    let clock = peak / Double(device.multiprocessors) / 128
    return clock <= 2.7e9 ? clock : clock / 2
  }

  private func engine(_ row: Int, hidden: Double) -> Engine? {
    let model = file.cell(row, "model") ?? ""
    let parts = Double(file.count(row, "tp") ?? 1)
    let width = Double(file.count(row, "ffn") ?? 0) / parts
    let isPlain = model.hasSuffix("phi-2")
    switch file.cell(row, "op") {
    case "add": return Engine(operation: .add, bytes: 6 * hidden, bytesPerCycle: 1000)
    case "input_layernorm", "post_attention_layernorm":
      return Engine(operation: isPlain ? .layerNorm : .rmsNorm, bytes: 4 * hidden, bytesPerCycle: 7.3)
    case "mlp_act" where width > 0:
      return Engine(operation: isPlain ? .gelu : .swiglu, bytes: (isPlain ? 4 : 6) * width, bytesPerCycle: 17)
    case "emb": return Engine(operation: .embeddingGather, bytes: 4 * hidden, bytesPerCycle: 2.6)
    case "attn_rope":
      return Engine(
        operation: .rotary, bytes: 4 * hidden / parts * (1 + Self.keyHeadShare(model)), bytesPerCycle: 12)
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
