import Quantities

/// Training frameworks whose habits are known. Times of the processor are those of a DGX A100's.
///
/// To add one: write its value and its place in ``all``.
public enum FrameworkCatalog {
  /// Every profile, in the order they are listed to people.
  public static let all: [FrameworkProfile] = [
    megatron2021, megatron2022, megatron, megatronDeepSpeed, nanotron, torchtitan, torchtitanEager, fsdp, foundry,
    alephAlpha, torchEager, torchCompile,
  ]

  /// The profile of a name; `nil` when there is none.
  public static func named(_ name: String) -> FrameworkProfile? { all.first { $0.name == name } }

  /// Megatron-LM of Narayanan et al. 2021: nothing beside the kernels but messages, gradients added in kernels of their own.
  static let megatron2021 = profile("megatron-lm-2021") { profile in
    profile.host.kernel = .microseconds(80)
    profile.host.collective = .microseconds(40)
    profile.host.iteration = .microseconds(3000)
    profile.host.messageWait = .always
    (profile.softmax, profile.crossEntropy, profile.accumulation, profile.update) = (1.4, 4, 6, 22)
    (profile.overlapsTensorBackward, profile.overlapsPipelineSends) = (false, false)
    profile.overlapsGradientReduction = false
  }

  /// Megatron-LM of Korthikanti et al. 2022.
  static let megatron2022 = profile("megatron-lm-2022") { profile in
    profile.host.kernel = .microseconds(80)
    profile.host.collective = .microseconds(40)
    profile.host.iteration = .microseconds(3000)
    (profile.softmax, profile.crossEntropy, profile.update) = (1.4, 4, 22)
    profile.overlapsGradientReduction = false
  }

  /// Megatron-LM with its core library.
  static let megatron = profile("megatron-lm") { profile in
    profile.host.kernel = .microseconds(160)
    profile.host.collective = .microseconds(256)
    profile.host.message = .microseconds(720)
    profile.host.step = .microseconds(900)
    profile.host.iteration = .microseconds(40_000)
    profile.host.messageWait = .plainSchedules
    (profile.crossEntropy, profile.update, profile.cast) = (2, 8, 4)
  }

  static let megatronDeepSpeed = profile("megatron-deepspeed") { profile in
    profile.host.kernel = .microseconds(100)
    profile.host.collective = .microseconds(40)
    profile.host.iteration = .microseconds(3000)
    profile.host.messageWait = .always
    (profile.elementwise, profile.softmax, profile.crossEntropy) = (1.5, 2.8, 8)
    (profile.accumulation, profile.update) = (10, 22)
    (profile.overlapsTensorBackward, profile.overlapsPipelineSends) = (false, false)
    profile.overlapsGradientReduction = false
  }

  static let nanotron = profile("nanotron") { profile in
    profile.host.kernel = .microseconds(145)
    profile.host.collective = .microseconds(320)
    profile.host.crowdedCollective = .microseconds(450)
    profile.host.iteration = .microseconds(100_000)
    (profile.elementwise, profile.crossEntropy, profile.accumulation, profile.update) = (2.3, 4, 16, 8)
    (profile.overlapsTensorBackward, profile.overlapsGradientReduction) = (false, false)
  }

  static let torchtitan = profile("torchtitan") { profile in
    profile.host.kernel = .microseconds(60)
    profile.host.collective = .microseconds(80)
    profile.host.iteration = .microseconds(10_000)
    (profile.elementwise, profile.crossEntropy, profile.update, profile.cast) = (1.2, 4, 8, 5)
  }

  static let torchtitanEager = profile("torchtitan-eager") { profile in
    profile.host.kernel = .microseconds(90)
    profile.host.collective = .microseconds(100)
    profile.host.iteration = .microseconds(10_000)
    (profile.norm, profile.elementwise, profile.crossEntropy, profile.update, profile.cast) = (4, 2.3, 6, 8, 5)
  }

  static let fsdp = profile("fsdp") { profile in
    profile.host.kernel = .microseconds(60)
    profile.host.collective = .microseconds(80)
    profile.host.iteration = .microseconds(5000)
    (profile.elementwise, profile.crossEntropy, profile.update) = (1.2, 4, 8)
  }

  static let foundry = profile("llm-foundry") { profile in
    profile.host.kernel = .microseconds(60)
    profile.host.collective = .microseconds(80)
    profile.host.iteration = .microseconds(5000)
    (profile.norm, profile.elementwise, profile.crossEntropy, profile.update, profile.cast) = (1.5, 1.5, 4, 12, 5)
  }

  static let alephAlpha = profile("aleph-alpha-scaling") { profile in
    profile.host.kernel = .microseconds(60)
    profile.host.collective = .microseconds(100)
    (profile.norm, profile.elementwise, profile.softmax, profile.crossEntropy, profile.update) = (16, 8, 2.4, 8, 8)
    profile.overlapsTensorBackward = false
  }

  static let torchEager = profile("torch-eager") { profile in
    profile.host.kernel = .microseconds(90)
    profile.host.collective = .microseconds(100)
    profile.host.iteration = .microseconds(2000)
    (profile.norm, profile.elementwise, profile.softmax, profile.crossEntropy, profile.update) = (4, 2.3, 2.8, 6, 8)
  }

  static let torchCompile = profile("torch-compile") { profile in
    profile.host.kernel = .microseconds(15)
    profile.host.iteration = .microseconds(2000)
    (profile.crossEntropy, profile.update) = (2, 8)
  }

  private static func profile(_ name: String, _ set: (inout FrameworkProfile) -> Void) -> FrameworkProfile {
    var profile = FrameworkProfile()
    profile.name = name
    set(&profile)
    return profile
  }
}
