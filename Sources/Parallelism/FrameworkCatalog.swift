import Quantities

/// Training frameworks whose habits are known. Times of the processor are those of a DGX A100's.
///
/// To add one: write its value and its place in ``all``.
public enum FrameworkCatalog {
  /// Every profile, in the order they are listed to people.
  public static let all: [FrameworkProfile] =
    megatrons + [nanotron, torchtitan, torchtitanEager, fsdp, foundry, alephAlpha, torchEager, torchCompile]

  /// The profile of a name; `nil` when there is none.
  public static func named(_ name: String) -> FrameworkProfile? { all.first { $0.name == name } }

  static let nanotron = profile("nanotron", fitted: 7) { profile in
    profile.source =
      "fitted on 110 rows of the calibration half of Hugging Face's Ultra-Scale Playbook sweep (8 to 256 H100); "
      + "an accumulation takes 10 bytes to read and write and the rest to clear"
    profile.host.kernel = .microseconds(145)
    profile.host.collective = .microseconds(320)
    profile.host.crowdedCollective = .microseconds(290)
    profile.host.iteration = .microseconds(100_000)
    (profile.elementwise, profile.crossEntropy, profile.accumulation, profile.update) = (2.3, 4, 16, 8)
    (profile.overlapsTensorBackward, profile.overlapsGradientReduction) = (false, false)
  }

  static let torchtitan = profile("torchtitan") { profile in
    profile.source =
      "assumed: kernels fused by the compiler, the loss not; casts to fp8 read 2 bytes for the scale, then 2, and write 1"
    profile.host.kernel = .microseconds(60)
    profile.host.collective = .microseconds(80)
    profile.host.iteration = .microseconds(10_000)
    (profile.elementwise, profile.crossEntropy, profile.update, profile.cast) = (1.2, 4, 8, 5)
  }

  static let torchtitanEager = profile("torchtitan-eager") { profile in
    profile.source = "assumed: torchtitan with the kernels of torch-eager"
    profile.host.kernel = .microseconds(90)
    profile.host.collective = .microseconds(100)
    profile.host.iteration = .microseconds(10_000)
    (profile.norm, profile.elementwise, profile.crossEntropy, profile.update, profile.cast) = (4, 2.3, 6, 8, 5)
  }

  static let fsdp = profile("fsdp") { profile in
    profile.source = "assumed: as torchtitan"
    profile.host.kernel = .microseconds(60)
    profile.host.collective = .microseconds(80)
    profile.host.iteration = .microseconds(5000)
    (profile.elementwise, profile.crossEntropy, profile.update) = (1.2, 4, 8)
  }

  static let foundry = profile("llm-foundry", fitted: 4) { profile in
    profile.source =
      "norm, elementwise, loss and update checked on the calibration half of llm-foundry's tables (57 rows); the rest as "
      + "torchtitan"
    profile.host.kernel = .microseconds(60)
    profile.host.collective = .microseconds(80)
    profile.host.iteration = .microseconds(5000)
    (profile.norm, profile.elementwise, profile.crossEntropy, profile.update, profile.cast) = (1.5, 1.5, 4, 12, 5)
  }

  static let alephAlpha = profile("aleph-alpha-scaling", fitted: 7) { profile in
    profile.source =
      "fitted on the calibration half of arXiv 2311.05610 (124 rows); elementwise kernels there are eager PyTorch's on "
      + "whole, unsharded activations"
    profile.host.kernel = .microseconds(60)
    profile.host.collective = .microseconds(100)
    (profile.norm, profile.elementwise, profile.softmax, profile.crossEntropy, profile.update) = (16, 6, 2.4, 8, 8)
    profile.overlapsTensorBackward = false
  }

  static let torchEager = profile("torch-eager") { profile in
    profile.source = "assumed: elementwise as nanotron's, softmax as megatron-deepspeed's, norms of several kernels"
    profile.host.kernel = .microseconds(90)
    profile.host.collective = .microseconds(100)
    profile.host.iteration = .microseconds(2000)
    (profile.norm, profile.elementwise, profile.softmax, profile.crossEntropy, profile.update) = (4, 2.3, 2.8, 6, 8)
  }

  static let torchCompile = profile("torch-compile") { profile in
    profile.source = "assumed: fused kernels, launched as graphs or by compiled code"
    profile.host.kernel = .microseconds(15)
    profile.host.iteration = .microseconds(2000)
    (profile.crossEntropy, profile.update) = (2, 8)
  }

  /// A profile with a name, set up.
  static func profile(
    _ name: String, fitted: Int = 0, _ set: (inout FrameworkProfile) -> Void
  ) -> FrameworkProfile {
    var profile = FrameworkProfile()
    (profile.name, profile.fittedConstants) = (name, fitted)
    set(&profile)
    return profile
  }
}
