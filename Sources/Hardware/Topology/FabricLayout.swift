/// How the network cards of a cluster reach each other.
public enum FabricLayout: Hashable, Sendable {
  /// One switch with a port for every card and no bottleneck inside.
  case singleSwitch
  /// All cards of a node plug into one leaf; leaves meet at spines.
  case leafSpine(FabricTiers)
  /// Card i of every node plugs into a leaf of rail i; the leaves of all rails meet at spines.
  case rails(FabricTiers)
  /// Groups of routers, every router joined to the others of its group, groups joined by global links.
  case dragonfly(Dragonfly)
}

/// The switches above the cards: a leaf has one link to every spine (of its pod).
public struct FabricTiers: Hashable, Sendable {
  /// Nodes that share a leaf (in a rail fabric: a leaf of each rail).
  public let nodesPerLeaf: Int
  /// Spines, of each pod when there are pods.
  public let spines: Int
  /// Bandwidth of a leaf to its nodes over its bandwidth to the spines; 1 is no bottleneck.
  public let oversubscription: Double
  /// A third tier; `nil` when all leaves meet at the same spines.
  public let pods: FabricPods?

  /// Describes the tiers.
  ///
  /// - Precondition: counts and ratio are above zero.
  public init(nodesPerLeaf: Int, spines: Int, oversubscription: Double = 1, pods: FabricPods? = nil) {
    precondition(nodesPerLeaf > 0 && spines > 0 && oversubscription > 0, "a tier has switches and links")
    self.nodesPerLeaf = nodesPerLeaf
    self.spines = spines
    self.oversubscription = oversubscription
    self.pods = pods
  }
}

/// Pods of leaves and spines under a third tier: a spine has one link to every core.
public struct FabricPods: Hashable, Sendable {
  /// Leaves of one pod.
  public let leavesPerPod: Int
  /// Switches of the third tier.
  public let cores: Int
  /// Bandwidth of a spine to its leaves over its bandwidth to the cores.
  public let oversubscription: Double

  /// Describes the third tier.
  ///
  /// - Precondition: counts and ratio are above zero.
  public init(leavesPerPod: Int, cores: Int, oversubscription: Double = 1) {
    precondition(leavesPerPod > 0 && cores > 0 && oversubscription > 0, "a tier has switches and links")
    self.leavesPerPod = leavesPerPod
    self.cores = cores
    self.oversubscription = oversubscription
  }
}

/// A dragonfly (Kim, Dally, Scott, Abts, ISCA 2008); every link has the rate of one network card.
public struct Dragonfly: Hashable, Sendable {
  /// Nodes of each router, all their cards.
  public let nodesPerRouter: Int
  /// Routers of each group.
  public let routersPerGroup: Int
  /// Links of each router to other groups, spread evenly over them.
  public let globalLinksPerRouter: Int

  /// Describes the fabric.
  ///
  /// - Precondition: counts are above zero.
  public init(nodesPerRouter: Int, routersPerGroup: Int, globalLinksPerRouter: Int) {
    precondition(nodesPerRouter > 0 && routersPerGroup > 0 && globalLinksPerRouter > 0, "a group has links")
    self.nodesPerRouter = nodesPerRouter
    self.routersPerGroup = routersPerGroup
    self.globalLinksPerRouter = globalLinksPerRouter
  }
}
