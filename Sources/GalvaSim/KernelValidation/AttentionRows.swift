import Hardware
import Quantities
import ScenarioIO
import Workload

/// Reads rows of measured attention (columns gpu, impl, direction, causal, dtype, head_dim, v_head_dim, heads, kv_heads,
/// seq, batch, tflops).
struct AttentionRows {
  let file: CommaSeparatedFile
  let devices: DeviceFinder

  /// Words of kernel tables for implementations; the last is made of single kernels.
  private static let implementations = [
    "FA2": "flash", "FA3": "flash3", "cuDNN": "cudnn", "xformers": "efficient", "PyTorch": "unfused",
    "standard": "unfused",
  ]

  func expectation(_ row: Int) -> KernelExpectation {
    let gpu = file.cell(row, "gpu") ?? ""
    let name = file.cell(row, "impl") ?? ""
    var result = KernelExpectation(
      gpu: gpu, kind: "attention", measured: nil, subject: .unknown("found no heads, seq and head_dim"))
    guard let shape = shape(row) else { return result }
    let forward = Kernel.attention(shape, format: .bf16)
    let backward = Kernel.attention(shape, format: .bf16, pass: .backward)
    result.measured = measured(row, forward)
    guard let device = devices.device(gpu) else {
      result.subject = .unknown("\(gpu) is not in the catalogue")
      return result
    }
    guard let kernels = Self.kernels(file.cell(row, "direction") ?? "fwd", forward, backward) else {
      result.subject = .unknown("found a direction other than fwd, bwd and fwd+bwd")
      return result
    }
    let word = isCalibration(row) ? "flash" : Self.implementations[name]
    guard let word else {
      result.subject = .unknown("no table has the implementation \(name)")
      return result
    }
    let isUnfused = word == "unfused"
    result.subject = .kernels(
      device, isUnfused ? UnfusedAttention(shape: shape).kernels(kernels.map(\.pass)) : kernels, attention: word)
    result.isLarge = KernelExpectation.isLarge(kernels, on: device)
    return result
  }

  /// Rows of a simulator's calibration time causal kernels and count the operations of full ones.
  private func isCalibration(_ row: Int) -> Bool { file.cell(row, "impl")?.hasPrefix("TransformerEngine") == true }

  private func shape(_ row: Int) -> AttentionShape? {
    guard let width = file.count(row, "head_dim"), let heads = file.count(row, "heads"),
      let keys = file.count(row, "seq")
    else { return nil }
    return AttentionShape(
      batch: file.count(row, "batch") ?? 1, heads: heads, queries: keys, keys: keys, headDimension: width,
      isCausal: isCalibration(row) || file.cell(row, "causal") == "1",
      valueDimension: file.count(row, "v_head_dim"), keyValueHeads: file.count(row, "kv_heads"))
  }

  /// A backward pass counts as 2.5 forward ones, whatever the widths of heads.
  private func measured(_ row: Int, _ forward: Kernel) -> Double? {
    guard let rate = file.number(row, "tflops"), rate > 0 else { return nil }
    let passes =
      switch file.cell(row, "direction") {
      case "bwd": 2.5
      case "fwd+bwd": 3.5
      default: 1.0
      }
    let counted = forward.operations.count * passes * (isCalibration(row) ? 2 : 1)
    return counted / rate * 1e-6
  }

  private static func kernels(_ direction: String, _ forward: Kernel, _ backward: Kernel) -> [Kernel]? {
    switch direction {
    case "fwd": [forward]
    case "bwd": [backward]
    case "fwd+bwd": [forward, backward]
    default: nil
    }
  }
}

/// Attention as separate kernels of a framework without fusion: products, and passes over the matrix of scores.
struct UnfusedAttention {
  let shape: AttentionShape

  /// How often scores are read or written: forward written by the product, scaled, normalised (read and written) and
  /// read by the product; backward the like for three matrices. A mask is applied in kernels of its own. Counted from the
  /// rates of "PyTorch" and "standard" in github.com/Dao-AILab/flash-attention @0251105a2f on A100 and H100.
  private static let passes = (forward: 4.75, backward: 8.5, maskForward: 5.5, maskBackward: 0.0)

  /// The kernels of the asked passes.
  func kernels(_ passes: [KernelPass]) -> [Kernel] {
    let batch = shape.batch * shape.heads
    let scores = Double(batch) * Double(shape.queries) * Double(shape.keys) * 2
    func product(_ m: Int, _ n: Int, _ k: Int) -> Kernel { .gemm(m: m, n: n, k: k, batch: batch, format: .bf16) }
    return passes.flatMap { pass -> [Kernel] in
      let isForward = pass == .forward
      let mask = shape.isCausal ? (isForward ? Self.passes.maskForward : Self.passes.maskBackward) : 0
      let count = (isForward ? Self.passes.forward : Self.passes.backward) + mask
      let products = [
        product(shape.queries, shape.keys, shape.headDimension),
        product(shape.queries, shape.valueDimension, shape.keys),
      ]
      return (isForward ? products : products + products) + [
        .memoryBound(.softmax, width: shape.keys, traffic: Bytes(Int64(count * scores)), format: .bf16, pass: pass)
      ]
    }
  }
}
