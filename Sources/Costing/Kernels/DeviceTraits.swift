import Hardware
import Quantities

/// What is known of the kernels of one GPU of the catalogue.
public struct DeviceTraits: Hashable, Sendable {
  /// Catalogue names of the GPUs the constants hold for.
  public let devices: [String]
  /// The constants.
  public let traits: KernelTraits
  /// Implementations of fused attention besides the one in ``traits``, by their word in kernel tables.
  public let otherAttention: [NamedAttention]
  /// Where the constants come from.
  public let source: String

  /// An implementation of fused attention.
  public struct NamedAttention: Hashable, Sendable {
    /// Its word in kernel tables.
    public let name: String
    /// Its constants.
    public let traits: AttentionTraits
  }

  /// The constants of a GPU; `nil` when nothing is known of its kernels.
  public static func of(_ device: DeviceSpec) -> DeviceTraits? { all.first { $0.devices.contains(device.name) } }

  /// Best sustained fractions of the peak: github.com/stas00/ml-engineering @744d01e18b, compute/accelerator/README.md.
  private static let matmulTable = "best matmul of github.com/stas00/ml-engineering @744d01e18b"
  private static let flashFigures = "benchmark figures of github.com/Dao-AILab/flash-attention @0251105a2f"

  /// Every known GPU. One entry serves chips of one kind that differ in memory and links only.
  public static let all = [
    DeviceTraits(
      devices: ["a100-sxm-80gb", "a100-sxm-40gb", "a800-sxm-80gb"],
      traits: ampere(tensor: 0.869, sustained: 0.88, burst: .microseconds(190), attention: flash2Ampere),
      otherAttention: [NamedAttention(name: "efficient", traits: efficient)],
      source: "tensor: \(matmulTable); clock: products of 5 models in github.com/microsoft/vidur @7d47513363; "
        + "attention: \(flashFigures)"),
    DeviceTraits(
      devices: ["a100-pcie-80gb", "a100-pcie-40gb"],
      traits: ampere(
        tensor: 0.811, sustained: 0.96, burst: .microseconds(236),
        attention: AttentionTraits(
          forward: 0.71, backward: 0.64, softmaxColumns: 25, keyPrologue: 190, tail: 0.5)),
      otherAttention: [],
      source: "tensor: \(matmulTable); clock and attention: github.com/MooreThreads/SimuMax @4dcaae513b, "
        + "configs/system/a100_pcie.json"),
    DeviceTraits(
      devices: ["a40-48gb", "l40s-48gb"],
      traits: ampere(tensor: 0.869, sustained: 0.865, burst: .microseconds(190), attention: flash2Ampere),
      otherAttention: [],
      source: "fractions of A100 SXM; clock: products of Llama 2 7B on A40 in github.com/microsoft/vidur @e26eb8f79f, "
        + "data/profiling/compute/a40"),
    DeviceTraits(
      devices: ["h100-sxm-80gb", "h800-sxm-80gb", "h200-sxm-141gb"], traits: hopper, otherAttention: hopperAttention,
      source: "tensor: \(matmulTable) (GH200; the H200 is said to be the same); clock: products of 3 models in "
        + "github.com/microsoft/vidur @7d47513363; attention: \(flashFigures)"),
    DeviceTraits(
      devices: ["h100-pcie-80gb", "h20-sxm-96gb"], traits: hopper, otherAttention: hopperAttention,
      source: "fractions of H100 SXM: no kernel sweep of this module was found"),
    DeviceTraits(
      devices: ["b200-sxm-180gb"],
      traits: KernelTraits(
        tensor: 0.776, scalar: 0.92, sustainedClock: 0.65, burst: .microseconds(45),
        attention: AttentionTraits(
          forward: 0.56, backward: 0.54, softmaxColumns: 25, keyPrologue: 0, tail: 0.75)),
      otherAttention: [],
      source: "tensor: \(matmulTable); clock and attention: github.com/MooreThreads/SimuMax @4dcaae513b, "
        + "configs/system/b200_bf16_ceperm.json"),
    DeviceTraits(
      devices: ["v100-sxm2-16gb", "v100-sxm2-32gb", "v100-pcie-16gb"], traits: volta, otherAttention: [],
      source: "products: github.com/baidu-research/DeepBench @da81ba7820, results/train/DeepBench_NV_V100.xlsx; "
        + "attention: the memory-efficient kernel on A100, \(flashFigures)"),
    DeviceTraits(
      devices: ["titan-rtx-24gb"], traits: turing, otherAttention: [],
      source:
        "tensor: V100's, no kernel sweep of this card was found; scalar: forward times of BERT, T5 and Swin layers "
        + "in fp32, github.com/Hsword/Hetu @3757771, tools/Galvatron, forward_profiling_config.json"),
    DeviceTraits(
      devices: ["mi300x-192gb"],
      traits: KernelTraits(
        tensor: 0.511, scalar: 0.92, sustainedClock: 1, burst: .zero,
        attention: AttentionTraits(
          forward: 0.32, backward: 0.27, softmaxColumns: 25, keyPrologue: 130, tail: 1.8)),
      otherAttention: [],
      source: "tensor: \(matmulTable); attention: H100's fraction times the ratio of the tensor fractions (0.61)"),
  ]

  private static func ampere(
    tensor: Double, sustained: Double, burst: Seconds, attention: AttentionTraits
  ) -> KernelTraits {
    KernelTraits(tensor: tensor, scalar: 0.92, sustainedClock: sustained, burst: burst, attention: attention)
  }

  private static let flash2Ampere = AttentionTraits(
    forward: 0.78, backward: 0.84, softmaxColumns: 25, keyPrologue: 190, tail: 1)
  /// The kernel that runs where FlashAttention-2 does not.
  private static let efficient = AttentionTraits(
    forward: 0.48, backward: 0.49, softmaxColumns: 57, keyPrologue: 77, tail: 1.6)
  private static let hopper = KernelTraits(
    tensor: 0.838, scalar: 0.92, sustainedClock: 0.873, burst: .microseconds(250),
    attention: AttentionTraits(forward: 0.5, backward: 0.42, softmaxColumns: 25, keyPrologue: 150, tail: 1.5))
  /// Backward fractions are forward ones in the proportion of FlashAttention-2.
  private static let hopperAttention = [
    NamedAttention(
      name: "flash3",
      traits: AttentionTraits(forward: 1.24, backward: 1.04, softmaxColumns: 90, keyPrologue: 260, tail: 0.7)),
    NamedAttention(
      name: "cudnn",
      traits: AttentionTraits(forward: 0.84, backward: 0.71, softmaxColumns: 60, keyPrologue: 130, tail: 0)),
  ]
  /// 280 W hold the fp32 clock down: layers take 1.25 to 1.4 times what V100's fraction gives.
  private static let turing = KernelTraits(
    tensor: 0.9, scalar: 0.72, sustainedClock: 0.96, burst: .microseconds(20), attention: efficient)
  private static let volta = KernelTraits(
    tensor: 0.9, scalar: 0.92, sustainedClock: 0.96, burst: .microseconds(20), attention: efficient)
}
