/// A way to split the work of a layer over the GPUs of a stage.
public enum TreeDimension: String, CaseIterable, Hashable, Sendable {
  /// Replicas with whole model states.
  case data = "dp"
  /// Replicas with sharded model states (ZeRO-3; Galvatron's SDP).
  case sharded = "sdp"
  /// Split matrices.
  case tensor = "tp"
  /// Split sequences outside the attention, split heads inside (DeepSpeed-Ulysses, arXiv 2309.14509).
  case ulysses
  /// Split sequences.
  case context = "cp"
}

/// One level of a decision tree: a dimension and how many ways it splits.
public struct TreeLevel: Hashable, Sendable {
  /// The dimension.
  public let dimension: TreeDimension
  /// Ways, at least 2.
  public let degree: Int

  /// Pairs the two.
  public init(_ dimension: TreeDimension, _ degree: Int) {
    self.dimension = dimension
    self.degree = degree
  }
}

/// One leaf: the splits of a stage's group, outermost first. The innermost level holds neighbouring ranks.
public struct TreeLeaf: Hashable, Sendable {
  /// Levels, outermost first; none for a stage of one GPU.
  public let levels: [TreeLevel]

  /// Adopts the levels.
  public init(_ levels: [TreeLevel]) { self.levels = levels }

  /// Degree of a dimension; 1 where it does not occur.
  public func degree(_ dimension: TreeDimension) -> Int { levels.first { $0.dimension == dimension }?.degree ?? 1 }

  /// For people, outermost first: `dp2 x tp4`.
  public var text: String {
    levels.isEmpty ? "one GPU" : levels.map { "\($0.dimension.rawValue)\($0.degree)" }.joined(separator: " x ")
  }
}

/// Into how many parts a level may split.
public enum TreeDegrees: String, CaseIterable, Hashable, Sendable {
  /// 2, 4, 8 and so on.
  case powersOfTwo = "powers-of-two"
  /// Every divisor.
  case divisors

  /// Whether a degree is allowed.
  func allows(_ degree: Int) -> Bool { self == .divisors || degree & (degree - 1) == 0 }
}

/// The decision tree of Galvatron for one pipeline degree: every ordered split of a stage's GPUs over different dimensions
/// (Miao et al., PVLDB 16(3), section 3.1).
public enum DecisionTree {
  /// All leaves, none pruned.
  ///
  /// - Parameters:
  ///   - group: GPUs of a stage; at least 1.
  ///   - dimensions: What may occur.
  ///   - degrees: Which degrees may occur.
  public static func leaves(
    group: Int, dimensions: [TreeDimension], degrees: TreeDegrees = .powersOfTwo
  ) -> [TreeLeaf] {
    guard group > 1 else { return [TreeLeaf([])] }
    var leaves: [TreeLeaf] = []
    for dimension in dimensions {
      let rest = dimensions.filter { $0 != dimension }
      for degree in 2...group where group % degree == 0 && degrees.allows(degree) {
        let level = TreeLevel(dimension, degree)
        let below =
          group == degree
          ? [TreeLeaf([])] : self.leaves(group: group / degree, dimensions: rest, degrees: degrees)
        leaves += below.map { TreeLeaf([level] + $0.levels) }
      }
    }
    return leaves
  }

  /// Pipeline degrees of the forest: one tree each.
  public static func pipelineDegrees(devices: Int, degrees: TreeDegrees = .powersOfTwo) -> [Int] {
    (1...devices).filter { devices % $0 == 0 && degrees.allows($0) }
  }
}
