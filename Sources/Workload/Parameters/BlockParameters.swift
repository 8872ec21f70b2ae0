import Quantities

/// Sums parameters by how they are sharded, in a fixed order.
struct ParameterTally {
  private var replicated: Int64 = 0
  private var tensor: Int64 = 0
  private var expert: Int64 = 0

  /// Adds `count` parameters.
  mutating func add(_ count: Int64, _ sharding: ParameterSharding) {
    switch sharding {
    case .replicated: replicated += count
    case .tensor: tensor += count
    case .expert: expert += count
    }
  }

  /// Adds a matrix of `rows x columns`.
  mutating func add(_ rows: Int, by columns: Int, _ sharding: ParameterSharding) {
    add(Int64(rows) * Int64(columns), sharding)
  }

  /// Adds a vector when it exists.
  mutating func add(_ width: Int, if exists: Bool, _ sharding: ParameterSharding) {
    if exists { add(Int64(width), sharding) }
  }

  /// The groups that are not empty: replicated, tensor, expert.
  var groups: [ParameterGroup] {
    [
      ParameterGroup(count: replicated, sharding: .replicated), ParameterGroup(count: tensor, sharding: .tensor),
      ParameterGroup(count: expert, sharding: .expert),
    ].filter { $0.count > 0 }
  }
}

extension TransformerSpec {
  /// Adds all parameters of the block.
  func count(into tally: inout ParameterTally) {
    let norms = (placement == .around ? 4 : 2) + (crossAttention == nil ? 0 : 1) + (endsWithNorm ? 1 : 0)
    tally.add(Int64(norms) * norm.parameterCount(width: hidden), .replicated)
    attention.count(into: &tally)
    crossAttention?.count(into: &tally)
    feedForward.count(hidden: hidden, into: &tally)
    guard let merging else { return }
    tally.add(NormKind.layerNorm.parameterCount(width: 4 * merging.width), .replicated)
    tally.add(4 * merging.width, by: 2 * merging.width, .replicated)
  }
}

extension AttentionSpec {
  /// Adds projections, biases, head norms, sinks and the bias table.
  func count(into tally: inout ParameterTally) {
    if let latent {
      count(latent, into: &tally)
    } else {
      tally.add(hidden, by: queryWidth + keyWidth + valueWidth, .tensor)
    }
    tally.add(contextWidth, by: hidden, .tensor)
    tally.add(queryWidth, if: queryBias, .tensor)
    tally.add(keyWidth, if: keyBias, .tensor)
    tally.add(valueWidth, if: valueBias, .tensor)
    tally.add(hidden, if: outputBias, .replicated)
    tally.add(2 * headDimension, if: normalizesHeads, .replicated)
    tally.add(heads, if: hasSinks, .tensor)
    tally.add(Int64(biasTableSize), .replicated)
  }

  /// `h q + q + q a (dn + dr) + h (r + dr) + r + r a (dn + dv)`; the compressing products are on every rank.
  private func count(_ latent: LatentSpec, into tally: inout ParameterTally) {
    if let rank = latent.queryRank {
      tally.add(hidden, by: rank, .replicated)
      tally.add(Int64(rank), .replicated)
      tally.add(rank, by: queryWidth, .tensor)
    } else {
      tally.add(hidden, by: queryWidth, .tensor)
    }
    tally.add(hidden, by: latent.keyValueRank + latent.rotaryDimension, .replicated)
    tally.add(Int64(latent.keyValueRank), .replicated)
    tally.add(latent.keyValueRank, by: expandedWidth(latent), .tensor)
  }

  /// Width of all keys without their rotary part and all values: `a (dn + dv)`.
  func expandedWidth(_ latent: LatentSpec) -> Int {
    heads * (headDimension - latent.rotaryDimension + valueDimension)
  }
}

extension FeedForwardSpec {
  /// Adds the network, or router, experts and shared expert.
  func count(hidden: Int, into tally: inout ParameterTally) {
    switch self {
    case .dense(let network): network.count(hidden: hidden, into: &tally)
    case .mixture(let mixture): mixture.count(hidden: hidden, into: &tally)
    }
  }
}

extension DenseSpec {
  /// Adds both products; the second one's bias is on every rank.
  func count(hidden: Int, into tally: inout ParameterTally) {
    tally.add(weightCount(hidden: hidden), .tensor)
    tally.add(upWidth, if: hasBias, .tensor)
    tally.add(hidden, if: hasBias, .replicated)
  }
}

extension MixtureSpec {
  /// Parameters of one routed expert.
  func expertParameters(hidden: Int) -> Int64 {
    expert.weightCount(hidden: hidden) + (expert.hasBias ? Int64(expert.upWidth + hidden) : 0)
  }

  /// Adds router, experts and shared expert.
  func count(hidden: Int, into tally: inout ParameterTally) {
    tally.add(hidden, by: experts, .replicated)
    tally.add(experts, if: routerBias, .replicated)
    tally.add(Int64(experts) * expertParameters(hidden: hidden), .expert)
    shared?.count(hidden: hidden, into: &tally)
    tally.add(hidden, if: gatesShared, .replicated)
  }
}
