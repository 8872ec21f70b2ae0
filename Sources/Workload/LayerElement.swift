import Quantities

/// A dimension of parallelism whose collectives run inside a layer.
public enum LayerDimension: String, CaseIterable, Hashable, Sendable {
  /// Tensor parallelism, with or without Megatron sequence parallelism.
  case tensor
  /// Ulysses sequence parallelism (heads against positions).
  case ulysses
  /// Context parallelism (key and value exchange).
  case context
  /// Expert parallelism (token dispatch and combine).
  case expert
}

/// A communication pattern among the ranks of one group.
public enum CollectiveKind: String, CaseIterable, Hashable, Sendable {
  /// Every rank ends with the sum.
  case allReduce
  /// Every rank ends with everybody's shard.
  case allGather
  /// Every rank ends with its shard of the sum.
  case reduceScatter
  /// Every rank sends a different part to every other.
  case allToAll
  /// One rank's data reaches all.
  case broadcast
  /// Neighbours exchange: one message sent and one received by each rank.
  case sendReceive
}

/// One collective call.
public struct CollectiveCall: Hashable, Sendable {
  /// The pattern.
  public let kind: CollectiveKind
  /// The full tensor: what each rank holds before an all-reduce or reduce-scatter and after an all-gather or broadcast;
  /// what each rank sends in total (its own part included) in an all-to-all; one message for send-receive.
  public let payload: Bytes

  /// Describes a call.
  public init(kind: CollectiveKind, payload: Bytes) {
    self.kind = kind
    self.payload = payload
  }
}

/// Which recompute policy throws an operator's saved tensors away.
public enum RecomputeGroup: Hashable, Sendable {
  /// Kept under selective recompute, thrown away under full recompute.
  case ordinary
  /// The attention core (scores, softmax, dropout, weighted sum): thrown away under selective and full recompute
  /// (Korthikanti et al. 2022, arXiv 2205.05198, section 5).
  case attentionCore
}

/// One operator of a layer on one rank: its kernels in each pass and what it keeps for the backward pass.
public struct Operator: Hashable, Sendable {
  /// A short lower-case name, for example `qkv_projection`; stable, it becomes the name of slices.
  public let name: String
  /// Kernels of the forward pass, in order.
  public let forward: [Kernel]
  /// Kernels that turn the gradient of the output into the gradient of the input.
  public let backwardInput: [Kernel]
  /// Kernels that compute the gradient of the weights; empty without weights.
  public let backwardWeight: [Kernel]
  /// Bytes the forward pass keeps for the backward pass, per rank. A tensor two operators need counts once.
  public let savedBytes: Bytes
  /// Scratch memory while a kernel of the operator runs, per rank; freed when it ends.
  public let workspaceBytes: Bytes
  /// What throws ``savedBytes`` away.
  public let recompute: RecomputeGroup

  /// Describes an operator.
  public init(
    name: String, forward: [Kernel], backwardInput: [Kernel], backwardWeight: [Kernel] = [],
    savedBytes: Bytes = .zero, workspaceBytes: Bytes = .zero, recompute: RecomputeGroup = .ordinary
  ) {
    self.name = name
    self.forward = forward
    self.backwardInput = backwardInput
    self.backwardWeight = backwardWeight
    self.savedBytes = savedBytes
    self.workspaceBytes = workspaceBytes
    self.recompute = recompute
  }
}

/// A collective between two operators of a layer.
public struct LayerCollective: Hashable, Sendable {
  /// A short lower-case name, for example `attention_output_reduce`.
  public let name: String
  /// The group it runs over.
  public let dimension: LayerDimension
  /// The call of the forward pass; `nil` when that pass needs none.
  public let forward: CollectiveCall?
  /// The call of the backward pass; it runs after the backward-input kernels of the *following* operator and may overlap
  /// that operator's backward-weight kernels.
  public let backward: CollectiveCall?
  /// Whether recomputing the layer repeats the forward call.
  public let repeatsInRecompute: Bool
  /// Whether only the weight gradient of the operator before it needs the backward call, so that the input gradient does
  /// not wait for it (the gathering of a sequence-parallel input in Megatron's asynchronous linear layer).
  public let feedsWeightGradient: Bool

  /// Describes a collective.
  public init(
    name: String, dimension: LayerDimension, forward: CollectiveCall?, backward: CollectiveCall?,
    repeatsInRecompute: Bool = true, feedsWeightGradient: Bool = false
  ) {
    self.name = name
    self.dimension = dimension
    self.forward = forward
    self.backward = backward
    self.repeatsInRecompute = repeatsInRecompute
    self.feedsWeightGradient = feedsWeightGradient
  }
}

/// One element of a layer's flat program, in forward order; the backward pass walks it in reverse.
public enum LayerElement: Hashable, Sendable {
  /// Kernels.
  case compute(Operator)
  /// Communication inside the layer.
  case collective(LayerCollective)
}
