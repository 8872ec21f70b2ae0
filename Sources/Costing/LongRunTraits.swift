import Hardware

/// What benchmarks of single kernels do not show of a machine that trains for hours: the clock its power allows, and how
/// fast its processor launches kernels.
public struct LongRunTraits: Hashable, Sendable {
  /// Rate of products and fused attention over that of a benchmark.
  public let productRate: Double
  /// Time of the processor over that of a DGX A100's (EPYC 7742).
  public let hostTime: Double

  /// The traits of a GPU and the hosts it comes with; those of a DGX A100 where nothing is known.
  public static func of(_ device: DeviceSpec) -> LongRunTraits {
    table.first { entry in entry.chips.contains { device.name.hasPrefix($0) } }?.traits
      ?? LongRunTraits(productRate: 1, hostTime: 1)
  }

  /// How many of the numbers were fitted to measured runs: two product rates, one host time. The host of a B200 is assumed.
  public static let fittedConstants = 3

  /// Fitted on the calibration half of the measured runs (docs/accuracy-runs.md): product rates on runs with micro-batches
  /// that hide the processor (FSDP of 1B to 70B, GPT of 2B to 462B, cuts of Llama and DeepSeek), host times on iterations
  /// of tiny models in Megatron-LM's tests on both hosts. A chip limited to 500 W instead of 700 W runs at the cube root of
  /// their ratio (power as clock times voltage squared).
  private static let table: [(chips: [String], traits: LongRunTraits)] = [
    (["h100-sxm-96gb-500w"], LongRunTraits(productRate: 0.77, hostTime: 0.62)),
    (["h100", "h200", "h800", "h20-"], LongRunTraits(productRate: 0.86, hostTime: 0.62)),
    (["b200"], LongRunTraits(productRate: 0.85, hostTime: 0.5)),
  ]
}
