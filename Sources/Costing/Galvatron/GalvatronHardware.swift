/// The communication profile of a cluster, as Galvatron's profilers write it.
///
/// Coefficients are milliseconds per MB (2^20 bytes) of bus traffic: an all-reduce of `x` MB over `n` ranks moves
/// `2(n-1)/n x`. Of a group it matters how many ranks it has and whether they are neighbours.
public struct GalvatronHardware: Hashable, Sendable {
  /// Which groups a coefficient is for.
  public struct Group: Hashable, Sendable {
    /// Pipeline degree the group was profiled under; 1 in files that do not distinguish.
    public var pipeline: Int
    /// Ranks of the group.
    public var ranks: Int
    /// Whether they are neighbours.
    public var isConsecutive: Bool

    /// Names a group.
    public init(pipeline: Int = 1, ranks: Int, isConsecutive: Bool) {
      self.pipeline = pipeline
      self.ranks = ranks
      self.isConsecutive = isConsecutive
    }
  }

  /// GPUs the profile is for.
  public var devices: Int
  /// Milliseconds per MB of bus traffic, by group.
  public var allReduce: [Group: Double]
  /// Milliseconds per MB of a message between stages, by pipeline degree.
  public var pointToPoint: [Int: Double]
  /// How much longer computation and gradient traffic take while they overlap; at least 1.
  public var overlapSlowdown: Double
  /// Times of an all-gather (half an all-reduce) of the layer's activations, by ranks.
  public var allGather: [Int: MessageTimes]
  /// Times of an all-to-all of the layer's activations, by ranks.
  public var allToAll: [Int: MessageTimes]

  /// Collects the parts.
  public init(
    devices: Int, allReduce: [Group: Double], pointToPoint: [Int: Double] = [:], overlapSlowdown: Double,
    allGather: [Int: MessageTimes] = [:], allToAll: [Int: MessageTimes] = [:]
  ) {
    self.devices = devices
    self.allReduce = allReduce
    self.pointToPoint = pointToPoint
    self.overlapSlowdown = overlapSlowdown
    self.allGather = allGather
    self.allToAll = allToAll
  }

  /// Milliseconds per MB of a group; 0 for a lone rank.
  ///
  /// A group that is all of its stage is profiled as neighbours only. `nil` when the profile lacks the group.
  public func coefficient(pipeline: Int = 1, ranks: Int, isConsecutive: Bool) -> Double? {
    guard ranks > 1 else { return 0 }
    let group = Group(pipeline: pipeline, ranks: ranks, isConsecutive: isConsecutive)
    return allReduce[group] ?? allReduce[Group(pipeline: pipeline, ranks: ranks, isConsecutive: true)]
  }
}

/// Time of gradient traffic and backward computation that run at the same time, both slowed down.
struct OverlapRule {
  /// The slowdown.
  let slowdown: Double

  /// Milliseconds until both have ended (Galvatron, `bct_dp_overlap`; Miao et al., PVLDB 16(3), section 3.2).
  ///
  /// - Parameters:
  ///   - traffic: MB of bus traffic.
  ///   - coefficient: Milliseconds per MB without overlap.
  ///   - computation: Milliseconds of computation without overlap.
  func time(traffic: Double, coefficient: Double, computation: Double) -> Double {
    let parts = parts(traffic: traffic, coefficient: coefficient, computation: computation)
    return parts.both + parts.rest
  }

  /// The part during which both run, the rest of the longer one, and whether that is the traffic.
  func parts(
    traffic: Double, coefficient: Double, computation: Double
  ) -> (both: Double, rest: Double, trafficIsLonger: Bool) {
    let slowTraffic = traffic * coefficient * slowdown
    let slowComputation = computation * slowdown
    if slowTraffic > slowComputation {
      return (slowComputation, (traffic - slowComputation / (coefficient * slowdown)) * coefficient, true)
    }
    return (slowTraffic, computation - slowTraffic / slowdown, false)
  }
}
