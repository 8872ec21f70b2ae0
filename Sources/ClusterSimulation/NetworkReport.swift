import Quantities

/// What shared links did in one iteration, and what the groups that used them waited for.
public struct NetworkReport: Hashable, Sendable {
  /// Links of the cluster that carry the same at every instant, as one.
  public struct Link: Hashable, Sendable {
    /// Name of the first of them, as ``Topology/name(ofLink:)``.
    public var name: String
    /// What sort they are, as ``LinkKind``'s raw value.
    public var kind: String
    /// How many there are.
    public var count: Int
    /// What one direction of each carries at most.
    public var capacity: Bandwidth
    /// Bytes each has carried; time a protocol wastes counts as bytes.
    public var bytes: Double
    /// Time each has carried something.
    public var busy: SimDuration
    /// Time each was full.
    public var saturated: SimDuration
    /// Time all collectives and messages lost, compared with having the network to themselves, for which these links were
    /// the ones full for longest; a collective of several ranks counts once.
    public var delay: SimDuration
    /// Bytes each carried in every interval of ``NetworkReport/interval``.
    public var history: [Double]
  }

  /// The groups of one use on one stage that a simulated group stands for, or the messages of a sender.
  public struct Group: Hashable, Sendable {
    /// What they communicate for, for example `tensor 8` or `to stage 1`.
    public var name: String
    /// Pipeline rank.
    public var stage: Int
    /// Global ranks of the first of them.
    public var members: [Int]
    /// How many there are.
    public var count: Int
    /// Collectives or messages of each.
    public var calls: Int
    /// Time they would have taken with the network to themselves, latencies left out.
    public var alone: SimDuration
    /// What sharing links added to it.
    public var lostToSharing: SimDuration
    /// What kernels beside them added to it.
    public var lostToKernels: SimDuration
    /// Time from the first member's arrival to the last one's.
    public var waited: SimDuration
    /// The links they lost most to, as an index into ``NetworkReport/links``; `nil` when they lost nothing.
    public var worstLink: Int?
    /// The global rank that kept the others waiting longest; `nil` when nobody waited.
    public var lastRank: Int?
  }

  /// Links, in the order of their place in the cluster.
  public var links: [Link]
  /// Groups and senders that have communicated.
  public var groups: [Group]
  /// Length of each interval of the histories.
  public var interval: SimDuration

  /// The links with the largest delay, the most contended first; ties by time full, then by place.
  public var contended: [Int] {
    links.indices.filter { links[$0].delay > .zero }.sorted {
      let (left, right) = (links[$0], links[$1])
      if left.delay != right.delay { return left.delay > right.delay }
      return left.saturated != right.saturated ? left.saturated > right.saturated : $0 < $1
    }
  }
}
