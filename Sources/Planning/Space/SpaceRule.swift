/// A rule that takes leaves out of a decision tree, with the reason why none of them is missed.
///
/// That pipelines are outermost and that all stages have the same number of GPUs is not a rule of this list: it is what
/// makes one tree for each pipeline degree.
public struct SpaceRule: Sendable {
  /// Name for people.
  public let name: String
  /// Why the leaves it takes out are not needed.
  public let reason: String
  /// Whether a leaf stays.
  public let keeps: @Sendable (TreeLeaf) -> Bool

  /// A layer is replicated or sharded, never both.
  ///
  /// At equal total degree pure sharding keeps less memory than a mixture and moves at most half as much again per
  /// parameter. A mixture can win in between: see the test of this rule.
  public static let noMixedSharding = SpaceRule(
    name: "no mixed sharding",
    reason: "sharding over all replicas keeps less than sharding over some of them, at little more traffic"
  ) { $0.degree(.data) == 1 || $0.degree(.sharded) == 1 }

  /// Matrices or sequences are split, not both.
  ///
  /// Nothing is lost while a layer's parameters are no larger than half its activations: then Ulysses with sharded states
  /// wins. Where parameters are one to ten times as large, a mixture would move up to 1.75 times less: see the test of this
  /// rule.
  public static let oneTensorSplit = SpaceRule(
    name: "one tensor split", reason: "frameworks run tensor parallelism or Ulysses in a layer, not both"
  ) { $0.degree(.tensor) == 1 || $0.degree(.ulysses) == 1 }

  /// Orders that rank layouts have a name for: the tensor (or Ulysses) group innermost, or the replicas innermost.
  ///
  /// Nothing is lost while tensor groups move most and replicas least, or the other way round: see the test of this rule.
  public static let nameablePlacement = SpaceRule(
    name: "nameable placement",
    reason: "rank layouts place the tensor group or the replicas innermost; context parallelism lies between them"
  ) { leaf in
    let order = leaf.levels.map(\.dimension.rank)
    return zip(order, order.dropFirst()).allSatisfy { $0 > $1 }
      || zip(order, order.dropFirst()).allSatisfy { $0 < $1 }
  }

  /// What Galvatron prunes and what the simulator cannot lay out.
  public static let all = [noMixedSharding, oneTensorSplit, nameablePlacement]
}

extension TreeDimension {
  /// Place from the innermost dimension of a consecutive layout outwards.
  fileprivate var rank: Int {
    switch self {
    case .tensor, .ulysses: 0
    case .context: 1
    case .data, .sharded: 2
    }
  }
}

extension DecisionTree {
  /// The leaves that all rules keep.
  public static func leaves(
    group: Int, dimensions: [TreeDimension], degrees: TreeDegrees = .powersOfTwo, rules: [SpaceRule]
  ) -> [TreeLeaf] {
    leaves(group: group, dimensions: dimensions, degrees: degrees)
      .filter { leaf in rules.allSatisfy { $0.keeps(leaf) } }
  }
}
