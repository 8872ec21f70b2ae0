import Parallelism
import Quantities
import Workload

/// Finds how the training framework of a row ran its plan.
struct RunOptionMapping {
  let run: MeasuredRun
  /// Catalogue name of the GPU.
  let gpu: String
  /// Pipeline stages.
  let stages: Int

  /// The options: those of the framework, with what the row states.
  func options(_ notes: inout [String]) -> ExecutionOptions {
    var options = ExecutionOptions()
    options.attention = isFlash ? .flash : .unfused
    options.dropout = hasDropout
    options.modelsInterference = false
    options.adopt(profile(&notes))
    options.framework.attention = attentionTime
    let (words, note) = (run.words("optimizer"), run.words("note"))
    if words.contains("no overlap") { options.overlapGradientReduction = false }
    options.overlapParameterGather = words.contains("overlap-p") || note.contains("overlap-param-gather=true")
    // With pipelines nobody reduces gradients in every micro-batch.
    if stages > 1, run.text("zero_stage") == "2" { options.gradientReduction = .lastMicroBatch }
    adopt(attention: run.words("attention_impl"), &options.framework)
    return options
  }

  /// What a row says of attention and norms beyond its framework.
  private func adopt(attention words: String, _ framework: inout FrameworkProfile) {
    if words.contains("rms kernel") { framework.norm = 1 }
    // PyTorch's own softmax, on fp32 copies of the scores.
    if words == "torch" { framework.softmax *= 2.5 }
  }

  /// The profile of the row's framework; Megatron-LM's by the year of the publication.
  private func profile(_ notes: inout [String]) -> FrameworkProfile {
    let note = run.words("note")
    let name: String
    switch run.words("framework") {
    case "megatron-lm" where !isFlash && !isCore: name = year <= 2021 ? "megatron-lm-2021" : "megatron-lm-2022"
    case "megatron-lm", "megascale", "nemo-megatron": name = "megatron-lm"
    case "fms-fsdp": name = "fsdp"
    case "huggingface-transformers", "pytorch": name = "torch-eager"
    case "torchtitan" where note.contains("eager"): name = "torchtitan-eager"
    case "" where note.contains("torch eager"): name = "torch-eager"
    case "" where note.contains("torch "): name = "torch-compile"
    case "" where !isFlash: name = "megatron-lm-2021"
    case let other: name = other
    }
    guard let profile = FrameworkCatalog.named(name) else {
      notes.append("framework \(name.isEmpty ? "not in the row" : name + " is not known"): adds nothing to the kernels")
      return .none
    }
    return profile
  }

  /// Megatron-LM with its core library says which implementation of layers it uses.
  private var isCore: Bool { run.words("note").contains("transformer-impl") || run.words("source").contains("golden") }

  /// The year of a publication, by its arXiv number or by itself; 2021 without either.
  private var year: Int {
    let source = run.text("source")
    for word in source.split(whereSeparator: { !$0.isNumber && $0 != "." }) {
      if word.count == 10, word.dropFirst(4).first == ".", let year = Int(word.prefix(2)) { return 2000 + year }
      if word.count == 4, let year = Int(word), (2018...2030).contains(year) { return year }
    }
    return 2021
  }

  /// Time of fused attention over FlashAttention-2's: the first FlashAttention takes 1.6 to 2.4 times as long, cuDNN on
  /// Hopper 0.6 to 0.8 times (benchmark figures of github.com/Dao-AILab/flash-attention @0251105a2f).
  private var attentionTime: Double {
    let words = run.words("attention_impl")
    if words.contains("triton") || words.contains("v1.0") || run.words("framework") == "llm-foundry" { return 2 }
    let isHopper = gpu.hasPrefix("h100") || gpu.hasPrefix("h200")
    let isEngine = words.contains("transformerengine") || words.contains("cudnn") || words.isEmpty
    return isHopper && isEngine ? 0.65 : 1
  }

  /// Whether attention is one fused kernel; rows with neither attention nor number format are from before it was.
  private var isFlash: Bool {
    let words = run.words("attention_impl")
    if words.isEmpty, run.text("dtype").isEmpty { return false }
    return !(words.contains("unfused") || ["eager", "hf eager", "torch", "fused", "local"].contains(words))
  }

  private var hasDropout: Bool { !isFlash && run.words("framework").hasPrefix("megatron") }
}
