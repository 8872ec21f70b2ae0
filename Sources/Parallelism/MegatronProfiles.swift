import Quantities

/// Megatron-LM through the years, and its fork for DeepSpeed.
///
/// Traffic that can be counted in the code: adding fp16 gradients to others of that kind in a kernel of its own reads two
/// and writes one (6 bytes a parameter), bf16 ones to fp32 reads 2 and 4 and writes 4 (10); an update of fp16 training casts
/// gradients to fp32 (6), unscales (8) and clips (8) them beside one pass over the states. The loss over the vocabulary,
/// made of single kernels, casts, subtracts the maximum, exponentiates, sums and divides: about four times the traffic of a
/// fused one.
extension FrameworkCatalog {
  static let megatrons = [megatron2021, megatron2022, megatron, megatronDeepSpeed]

  /// What the code of 2020 to 2022 has in common.
  private static func setEarly(_ profile: inout FrameworkProfile) {
    profile.host.kernel = .microseconds(80)
    profile.host.collective = .microseconds(40)
    profile.host.iteration = .microseconds(3000)
    (profile.softmax, profile.crossEntropy, profile.update) = (1.4, 4, 22)
    profile.overlapsGradientReduction = false
  }

  private static let megatron2021 = profile("megatron-lm-2021", fitted: 4) { profile in
    profile.source =
      "Narayanan et al. 2021 (arXiv 2104.04473) and the tables of 2020: softmax, loss and the processor's times chosen on all "
      + "14 rows; messages synchronise, gradients are added and reduced apart, as its code of that year does"
    setEarly(&profile)
    profile.host.messageWait = .always
    profile.accumulation = 6
    (profile.overlapsTensorBackward, profile.overlapsPipelineSends) = (false, false)
  }

  private static let megatron2022 = profile("megatron-lm-2022") { profile in
    profile.source =
      "the constants of megatron-lm-2021; products add gradients, collectives and messages run beside kernels (Korthikanti et "
      + "al. 2022, arXiv 2205.05198)"
    setEarly(&profile)
  }

  private static let megatron = profile("megatron-lm", fitted: 5) { profile in
    profile.source =
      "the processor's times fitted on the calibration half of the golden values of Megatron-LM's tests on A100 and H100 (91 "
      + "rows of tiny models); loss, update and casts assumed"
    profile.host.kernel = .microseconds(160)
    profile.host.collective = .microseconds(270)
    profile.host.message = .microseconds(720)
    profile.host.step = .microseconds(1250)
    profile.host.iteration = .microseconds(40_000)
    profile.host.messageWait = .plainSchedules
    (profile.crossEntropy, profile.update, profile.cast) = (2, 8, 4)
  }

  private static let megatronDeepSpeed = profile("megatron-deepspeed", fitted: 6) { profile in
    profile.source =
      "fitted on 130 rows of the calibration half of vTrain's ground truth (github.com/VIA-Research/vTrain @f8dda8473a) and of "
      + "BLOOM's chronicles; softmax and loss are single kernels there"
    profile.host.kernel = .microseconds(100)
    profile.host.collective = .microseconds(40)
    profile.host.iteration = .microseconds(3000)
    profile.host.messageWait = .always
    (profile.elementwise, profile.softmax, profile.crossEntropy) = (1.5, 2.4, 10)
    (profile.accumulation, profile.update) = (6, 22)
    profile.overlapsPipelineSends = false
    profile.overlapsGradientReduction = false
  }
}
