import Quantities

/// How the parameters of a tensor are spread over ranks.
public enum ParameterSharding: Hashable, Sendable {
  /// Every tensor-parallel rank holds all of it (norms, biases after a row-split product, routers).
  case replicated
  /// Split evenly over the tensor-parallel group.
  case tensor
  /// Split over the expert-parallel group, then over the tensor-parallel group.
  case expert
}

/// Parameters of a layer that are sharded alike.
public struct ParameterGroup: Hashable, Sendable {
  /// Number of parameters in the whole model, before sharding.
  public let count: Int64
  /// How they are spread.
  public let sharding: ParameterSharding

  /// Describes a group.
  public init(count: Int64, sharding: ParameterSharding) {
    self.count = count
    self.sharding = sharding
  }

  /// Parameters one rank stores, rounded up to whole parameters.
  public func countPerRank(tensorParallel: Int, expertParallel: Int) -> Int64 {
    let parts: Int64 =
      switch sharding {
      case .replicated: 1
      case .tensor: Int64(tensorParallel)
      case .expert: Int64(expertParallel) * Int64(tensorParallel)
      }
    return (count + parts - 1) / parts
  }
}

/// Where a layer sits in a model.
public enum LayerRole: String, CaseIterable, Hashable, Sendable {
  /// Token, position or patch embedding: the first layer.
  case embedding
  /// An encoder block.
  case encoder
  /// A decoder block.
  case decoder
  /// The last layer: final norm, output projection, loss.
  case head
}

/// One layer of a model: a value that lists its operators for any shard.
///
/// Layers of one model need not be alike. `typeIndex` numbers the distinct kinds in order of appearance
/// (Galvatron's `layertype_0`, `layertype_1`); layers with the same index have equal programs.
public struct Layer: Hashable, Sendable {
  /// Where it sits.
  public let role: LayerRole
  /// Which kind of block, counted from zero among the blocks; the embedding and the head have their own.
  public let typeIndex: Int
  /// What the layer is made of.
  public let block: Block
  /// Positions the layer works on: tokens, patches, or patches of a Swin stage.
  public let sequenceLength: Int

  /// Describes a layer.
  public init(role: LayerRole, typeIndex: Int, block: Block, sequenceLength: Int) {
    self.role = role
    self.typeIndex = typeIndex
    self.block = block
    self.sequenceLength = sequenceLength
  }
}
