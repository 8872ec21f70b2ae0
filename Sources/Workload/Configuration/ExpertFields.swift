extension ConfigurationReader {
  /// The network of each layer.
  func feedForwardNetworks(
    _ experts: DecoderTraits.Experts, layers: Int
  ) throws(ModelError) -> [FeedForwardSpec] {
    switch experts {
    case .none:
      let bias = try boolean("mlp_bias", default: false)
      let network = try FeedForwardSpec.dense(gated("intermediate_size", hasBias: bias))
      return Array(repeating: network, count: layers)
    case .mixtral:
      let spec = try mixture(gated("intermediate_size"), defaultExperts: 8, defaultPerToken: 2)
      return Array(repeating: .mixture(spec), count: layers)
    case .gptOss:
      var spec = try mixture(
        gated("intermediate_size", hasBias: true), defaultExperts: 128, defaultPerToken: 4)
      spec.routerBias = true
      return Array(repeating: .mixture(spec), count: layers)
    case .qwen2:
      var spec = try mixture(gated("moe_intermediate_size"), defaultExperts: 60, defaultPerToken: 4)
      spec.shared = try gated("shared_expert_intermediate_size")
      spec.gatesShared = true
      return try sparseLayers(spec, layers: layers)
    case .qwen3:
      let spec = try mixture(gated("moe_intermediate_size"), defaultExperts: 128, defaultPerToken: 8)
      return try sparseLayers(spec, layers: layers)
    }
  }

  /// A gated network whose width is `field`.
  func gated(_ field: String, hasBias: Bool = false) throws(ModelError) -> DenseSpec {
    DenseSpec(width: try integer(field, in: FieldRange.width), isGated: true, hasBias: hasBias)
  }

  /// Experts under any of their names.
  func mixture(
    _ expert: DenseSpec, defaultExperts: Int, defaultPerToken: Int
  ) throws(ModelError) -> MixtureSpec {
    let experts = try integer(
      anyOf: ["num_experts", "num_local_experts", "n_routed_experts"], default: defaultExperts,
      in: FieldRange.experts)
    let perToken = try integer(
      anyOf: ["num_experts_per_tok", "experts_per_token"], default: defaultPerToken, in: FieldRange.experts)
    guard perToken <= experts else {
      throw .exceeds(
        field: "num_experts_per_tok", found: perToken, limitField: "the number of experts", limit: experts)
    }
    return MixtureSpec(expert: expert, experts: experts, expertsPerToken: perToken)
  }

  /// Experts in every `decoder_sparse_step`-th layer that `mlp_only_layers` does not name.
  private func sparseLayers(_ spec: MixtureSpec, layers: Int) throws(ModelError) -> [FeedForwardSpec] {
    let step = try integer("decoder_sparse_step", default: 1, in: FieldRange.layers)
    let listed = try optionalIntegers("mlp_only_layers", in: 0...(layers - 1)) ?? []
    let dense = Set(listed)
    let isSparse = (0..<layers).map { ($0 + 1).isMultiple(of: step) && !dense.contains($0) }
    guard isSparse.contains(false) else { return Array(repeating: .mixture(spec), count: layers) }
    let network = try gated("intermediate_size")
    return isSparse.map { $0 ? .mixture(spec) : .dense(network) }
  }
}
