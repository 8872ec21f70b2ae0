extension ConfigurationReader {
  /// DeepSeek V2 and V3: latent attention, first layers dense, then experts.
  ///
  /// `head_dim` is ignored (published files set it to the rotary part), and so is `num_nextn_predict_layers`.
  func deepSeek(_ requested: Int?, defaultDenseLayers: Int) throws(ModelError) -> ModelParts {
    let hidden = try integer("hidden_size", in: FieldRange.width)
    let layers = try integer("num_hidden_layers", in: FieldRange.layers)
    let length = try sequenceLength(requested)
    let attention = try latentAttention(hidden: hidden)
    let denseLayers = try integer(
      "first_k_dense_replace", default: defaultDenseLayers, in: 0...FieldRange.layers.upperBound)
    let step = try integer("moe_layer_freq", default: 1, in: FieldRange.layers)
    let dense = try FeedForwardSpec.dense(gated("intermediate_size"))
    let mixture = try FeedForwardSpec.mixture(deepSeekMixture())
    let blocks = (0..<layers).map { layer in
      let isSparse = layer >= denseLayers && layer.isMultiple(of: step)
      let block = TransformerSpec(
        hidden: hidden, attention: attention, feedForward: isSparse ? mixture : dense, norm: .rms)
      return ModelParts.Part(role: .decoder, block: block, sequenceLength: length)
    }
    return try languageModel(hidden: hidden, blocks: blocks, norm: .rms, isTied: false, sequenceLength: length)
  }

  private func latentAttention(hidden: Int) throws(ModelError) -> AttentionSpec {
    let heads = try integer("num_attention_heads", in: FieldRange.heads)
    let rotary = try integer("qk_rope_head_dim", default: 64, in: FieldRange.headDimension)
    let plain = try integer("qk_nope_head_dim", default: 128, in: FieldRange.headDimension)
    let value = try integer("v_head_dim", default: 128, in: FieldRange.headDimension)
    let latent = LatentSpec(
      queryRank: try optionalInteger("q_lora_rank", in: FieldRange.width),
      keyValueRank: try integer("kv_lora_rank", default: 512, in: FieldRange.width), rotaryDimension: rotary)
    return AttentionSpec(
      hidden: hidden, heads: heads, keyValueHeads: heads, headDimension: plain + rotary, valueDimension: value,
      pattern: .causal, latent: latent, isRotary: true)
  }

  private func deepSeekMixture() throws(ModelError) -> MixtureSpec {
    let expert = try gated("moe_intermediate_size")
    let routed = try integer(anyOf: ["n_routed_experts", "num_local_experts"], in: FieldRange.experts)
    let perToken = try integer("num_experts_per_tok", in: FieldRange.experts)
    var spec = try mixture(expert, defaultExperts: routed, defaultPerToken: perToken)
    let shared = try integer("n_shared_experts", default: 1, in: 0...FieldRange.experts.upperBound)
    guard shared > 0 else { return spec }
    let width = shared * expert.width
    guard FieldRange.width.contains(width) else {
      throw .outOfRange(
        field: "n_shared_experts", found: shared, minimum: 0, maximum: FieldRange.width.upperBound / expert.width)
    }
    spec.shared = DenseSpec(width: width, isGated: true)
    return spec
  }
}
