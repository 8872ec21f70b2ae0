extension Layer {
  /// The layer's parameters by how they are sharded: at most one group of each kind, empty ones left out.
  ///
  /// A head tied to the embedding does not count the shared weights; see ``Model/tiedParameters``.
  public var parameters: [ParameterGroup] {
    var tally = ParameterTally()
    switch block {
    case .tokenEmbedding(let spec): spec.count(into: &tally)
    case .patchEmbedding(let spec): spec.count(into: &tally)
    case .transformer(let spec): spec.count(into: &tally)
    case .head(let spec): spec.count(into: &tally)
    }
    return tally.groups
  }

  /// Parameters of the whole layer, before sharding.
  public var parameterCount: Int64 { parameters.reduce(0) { $0 + $1.count } }

  /// Parameters one token meets: of the routed experts only those it visits.
  public var activeParameterCount: Int64 {
    guard case .transformer(let spec) = block, case .mixture(let mixture) = spec.feedForward else {
      return parameterCount
    }
    let idle = Int64(mixture.experts - mixture.expertsPerToken)
    return parameterCount - idle * mixture.expertParameters(hidden: spec.hidden)
  }

  /// What tensor parallelism must divide, by name. Key and value heads are not among them: where there are fewer than
  /// ranks they are held several times. Vocabularies are padded.
  public var tensorDivisors: [(name: String, count: Int)] {
    guard case .transformer(let spec) = block else { return [] }
    return [("attention heads", spec.attention.heads)] + spec.feedForward.tensorDivisors
  }

  /// Routed experts; 0 for a dense layer. Expert parallelism must divide them.
  public var expertCount: Int {
    guard case .transformer(let spec) = block, case .mixture(let mixture) = spec.feedForward else { return 0 }
    return mixture.experts
  }

  /// Query heads, which Ulysses must divide; 0 for a layer without attention.
  public var headCount: Int {
    guard case .transformer(let spec) = block else { return 0 }
    return spec.attention.heads
  }
}

extension FeedForwardSpec {
  /// Widths tensor parallelism must divide.
  var tensorDivisors: [(name: String, count: Int)] {
    switch self {
    case .dense(let network): return [("feed-forward width", network.width)]
    case .mixture(let mixture):
      let shared = mixture.shared.map { [("shared-expert width", $0.width)] } ?? []
      return [("expert width", mixture.expert.width)] + shared
    }
  }
}

extension Model {
  /// Embedding, blocks and head in execution order.
  public var layers: [Layer] { [embedding] + blocks + [head] }

  /// Parameters of the model; tied weights count once.
  public var parameterCount: Int64 { layers.reduce(0) { $0 + $1.parameterCount } }

  /// Parameters one token meets, embeddings included; tied weights count once.
  public var activeParameterCount: Int64 { layers.reduce(0) { $0 + $1.activeParameterCount } }

  /// The token table that the head uses too; a last pipeline stage without the embedding holds a copy of it and sums its
  /// gradient with the first stage's. `nil` when nothing is tied.
  public var tiedParameters: ParameterGroup? {
    guard tiesEmbeddings, case .tokenEmbedding(let spec) = embedding.block else { return nil }
    return ParameterGroup(count: Int64(spec.vocabulary) * Int64(spec.hidden), sharding: .tensor)
  }
}
