/// What a flow asks of one link.
@frozen
public struct LinkUse: Hashable, Sendable {
  /// Index of the link in the list of capacities.
  public let link: Int
  /// Bytes the link carries per byte of the flow's payload; not negative, finite.
  public let weight: Double

  /// A use of a link; a plain message loads each of its links with weight 1.
  @inlinable
  public init(link: Int, weight: Double = 1) {
    self.link = link
    self.weight = weight
  }
}

/// One flow of a sharing problem: the links it loads, and how fast it could go at most.
public struct FairFlow: Hashable, Sendable {
  /// Links and weights; a link named twice is loaded with the sum of its weights.
  public let uses: [LinkUse]
  /// Largest rate the endpoints allow, in payload bytes per second; `.infinity` when only links bound the flow.
  public let cap: Double

  /// Describes a flow.
  ///
  /// - Precondition: every weight is finite and not negative; the cap is not negative.
  public init(uses: [LinkUse], cap: Double = .infinity) {
    precondition(uses.allSatisfy { $0.weight >= 0 && $0.weight < .infinity }, "a weight must be finite, not negative")
    precondition(cap >= 0, "a cap must not be negative")
    self.uses = uses
    self.cap = cap
  }
}
